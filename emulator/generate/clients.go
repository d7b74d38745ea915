package generate

// client is an application a user signs in with. The identifiers are Microsoft's public first-party ones
// (the FOCI family after https://github.com/secureworks/family-of-client-ids-research); the company's own
// applications have made-up ones.
type client struct {
	id, name string
	family   bool // shares refresh tokens with its family (FOCI)
	agent    string
	browser  bool

	appID, display text
}

// resource is what a token is for.
type resource struct {
	id, name string
	// quiet resources are left out of Conditional Access, so ConditionalAccessStatus is notApplied.
	quiet bool

	identity, display text
	principal         uuid // ResourceServicePrincipalId
}

const (
	resGraph = iota
	resDirectory
	resARM
	resExchange
	resSharePoint
	resTeams
	resKeyVault
	resStorage
	resSQL
	resServiceBus
	resRegistration
	resExpenses
	resPeople
	resIntranet
	resBackup
)

var resourceList = []resource{
	resGraph:        {id: "00000003-0000-0000-c000-000000000000", name: "Microsoft Graph"},
	resDirectory:    {id: "00000002-0000-0000-c000-000000000000", name: "Windows Azure Active Directory"},
	resARM:          {id: "797f4846-ba00-4fd7-ba43-dac1f8f63013", name: "Windows Azure Service Management API"},
	resExchange:     {id: "00000002-0000-0ff1-ce00-000000000000", name: "Office 365 Exchange Online"},
	resSharePoint:   {id: "00000003-0000-0ff1-ce00-000000000000", name: "Office 365 SharePoint Online"},
	resTeams:        {id: "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe", name: "Microsoft Teams Services"},
	resKeyVault:     {id: "cfa8b339-82a2-471a-a3c9-0fc0be7a4093", name: "Azure Key Vault"},
	resStorage:      {id: "e406a681-f3d4-42a8-90b6-c2b029497af1", name: "Azure Storage"},
	resSQL:          {id: "022907d3-0f1b-48f7-badc-1ba6abab6d66", name: "Azure SQL Database"},
	resServiceBus:   {id: "80a10ef9-8168-493d-abf9-3297c4ef6e3c", name: "Microsoft.ServiceBus"},
	resRegistration: {id: "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9", name: "Device Registration Service", quiet: true},
	resExpenses:     {id: "5b1f6a10-3c7e-4d55-9a41-0c6f0e2d7a01", name: "Contoso Expenses"},
	resPeople:       {id: "5b1f6a10-3c7e-4d55-9a41-0c6f0e2d7a02", name: "Contoso People"},
	resIntranet:     {id: "5b1f6a10-3c7e-4d55-9a41-0c6f0e2d7a03", name: "Contoso Intranet"},
	resBackup:       {id: "5b1f6a10-3c7e-4d55-9a41-0c6f0e2d7a04", name: "Contoso Backup Store"},
}

const (
	appOfficeHome = iota
	appTeamsWeb
	appOutlookWeb
	appSharePointWeb
	appExpenses
	appPeople
	appAzurePortal
	appWindows
	appBroker
	appOffice
	appTeams
	appOneDrive
	appOutlookMobile
	appAuthenticator
	appEdge
	appCLI
	appAzPowerShell
	appOneDriveIOS
	appToDo
	appPowerBI
	appWhiteboard
	appFlow
	appYammer
	appVisualStudio
	appLegacyMail
	appGraphPowerShell
)

var clientList = []client{
	appOfficeHome:      {id: "4765445b-32c6-49b0-83e6-1d93765276ca", name: "OfficeHome", browser: true},
	appTeamsWeb:        {id: "5e3ce6c0-2b1f-4285-8d4b-75ee78787346", name: "Microsoft Teams Web Client", browser: true},
	appOutlookWeb:      {id: "9199bf20-a13f-4107-85dc-02114787ef48", name: "One Outlook Web", browser: true},
	appSharePointWeb:   {id: "08e18876-6177-487e-b8b5-cf950c1e598c", name: "SharePoint Online Web Client Extensibility", browser: true},
	appExpenses:        {id: "5b1f6a10-3c7e-4d55-9a41-0c6f0e2d7a01", name: "Contoso Expenses", browser: true},
	appPeople:          {id: "5b1f6a10-3c7e-4d55-9a41-0c6f0e2d7a02", name: "Contoso People", browser: true},
	appAzurePortal:     {id: "c44b4083-3bb0-49c1-b47d-974e53cbdf3c", name: "Azure Portal", browser: true},
	appWindows:         {id: "38aa3b87-a06d-4817-b275-7a316988d93b", name: "Windows Sign In"},
	appBroker:          {id: "29d9ed98-a469-4536-ade2-f981bc1d605e", name: "Microsoft Authentication Broker"},
	appOffice:          {id: "d3590ed6-52b3-4102-aeff-aad2292ab01c", name: "Microsoft Office", family: true},
	appTeams:           {id: "1fec8e78-bce4-4aaf-ab1b-5451cc387264", name: "Microsoft Teams", family: true},
	appOneDrive:        {id: "ab9b8c07-8f02-4f72-87fa-80105867a763", name: "OneDrive SyncEngine", family: true},
	appOutlookMobile:   {id: "27922004-5251-4030-b22d-91ecd9a37ea4", name: "Outlook Mobile", family: true},
	appAuthenticator:   {id: "4813382a-8fa7-425e-ab75-3b753aab3abb", name: "Microsoft Authenticator App", family: true},
	appEdge:            {id: "ecd6b820-32c2-49b6-98a6-444530e5a77a", name: "Microsoft Edge", family: true},
	appCLI:             {id: "04b07795-8ddb-461a-bbee-02f9e1bf7b46", name: "Microsoft Azure CLI", family: true},
	appAzPowerShell:    {id: "1950a258-227b-4e31-a9cf-717495945fc2", name: "Microsoft Azure PowerShell", family: true},
	appOneDriveIOS:     {id: "af124e86-4e96-495a-b70a-90f90ab96707", name: "OneDrive iOS App", family: true},
	appToDo:            {id: "22098786-6e16-43cc-a27d-191a01a1e3b5", name: "Microsoft To-Do client", family: true},
	appPowerBI:         {id: "c0d2a505-13b8-4ae0-aa9e-cddd5eab0b12", name: "Microsoft Power BI", family: true},
	appWhiteboard:      {id: "57336123-6e14-4acc-8dcf-287b6088aa28", name: "Microsoft Whiteboard Client", family: true},
	appFlow:            {id: "57fcbcfa-7cee-4eb1-8b25-12d2030b4ee0", name: "Microsoft Flow", family: true},
	appYammer:          {id: "a569458c-7f2b-45cb-bab9-b7dee514d112", name: "Yammer iPhone", family: true},
	appVisualStudio:    {id: "872cd9fa-d31f-45e0-9eab-6e460a02d1f1", name: "Visual Studio", family: true},
	appLegacyMail:      {id: "00000002-0000-0ff1-ce00-000000000000", name: "Office 365 Exchange Online"},
	appGraphPowerShell: {id: "14d82eec-204b-4c2f-b7e8-296a70dab67e", name: "Microsoft Graph Command Line Tools"},
}

// clientResources are the resources each client asks tokens for, the usual one first.
var clientResources = [][]uint8{
	appOfficeHome:      {resGraph, resSharePoint},
	appTeamsWeb:        {resTeams, resGraph},
	appOutlookWeb:      {resExchange, resGraph},
	appSharePointWeb:   {resSharePoint},
	appExpenses:        {resExpenses},
	appPeople:          {resPeople},
	appAzurePortal:     {resARM, resGraph},
	appWindows:         {resDirectory},
	appBroker:          {resRegistration, resDirectory},
	appOffice:          {resExchange, resSharePoint, resGraph},
	appTeams:           {resTeams, resGraph, resSharePoint},
	appOneDrive:        {resSharePoint, resGraph},
	appOutlookMobile:   {resExchange, resGraph},
	appAuthenticator:   {resGraph, resRegistration},
	appEdge:            {resGraph},
	appCLI:             {resARM, resKeyVault},
	appAzPowerShell:    {resARM},
	appOneDriveIOS:     {resSharePoint},
	appToDo:            {resExchange},
	appPowerBI:         {resGraph},
	appWhiteboard:      {resGraph},
	appFlow:            {resGraph},
	appYammer:          {resGraph},
	appVisualStudio:    {resARM},
	appLegacyMail:      {resExchange},
	appGraphPowerShell: {resGraph},
}

// The vocabularies: what a person's device uses, the most used first. They never grow within a run, so a rule
// that asks "not seen in 13 days" stays quiet on the benign part.
var (
	webApps       = []uint8{appOfficeHome, appOutlookWeb, appTeamsWeb, appSharePointWeb, appExpenses, appPeople}
	guestApps     = []uint8{appTeamsWeb, appSharePointWeb}
	desktopApps   = []uint8{appTeams, appOffice, appOneDrive, appEdge, appBroker}
	engineerApps  = []uint8{appTeams, appOffice, appCLI, appOneDrive, appAzPowerShell, appEdge, appBroker}
	phoneApps     = []uint8{appOutlookMobile, appTeams, appAuthenticator}
	strangeFamily = []uint8{appOneDriveIOS, appToDo, appPowerBI, appWhiteboard, appFlow, appYammer, appVisualStudio}
)

func prepareClients() []client {
	out := make([]client, len(clientList))
	for i, c := range clientList {
		c.appID, c.display = newText(c.id), newText(c.name)
		out[i] = c
	}
	return out
}

func prepareResources(seed uint64) []resource {
	out := make([]resource, len(resourceList))
	for i, r := range resourceList {
		r.identity, r.display = newText(r.id), newText(r.name)
		r.principal = uuidOf(seed, hashText("resource"), uint64(i))
		out[i] = r
	}
	return out
}
