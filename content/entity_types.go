package content

import "sync"

var entityTypes = sync.OnceValue(func() []EntityType {
	return []EntityType{
		{"Account", "account",
			[]string{"Name", "FullName", "NTDomain", "DnsDomain", "UPNSuffix", "Sid", "AadTenantId", "AadUserId", "PUID", "IsDomainJoined", "DisplayName", "ObjectGuid"},
			one("FullName", "Sid", "Name", "AadUserId", "PUID", "ObjectGuid")},
		{"Host", "host",
			[]string{"DnsDomain", "NTDomain", "HostName", "FullName", "NetBiosName", "AzureID", "OMSAgentID", "OSFamily", "OSVersion", "IsDomainJoined"},
			one("FullName", "HostName", "NetBiosName", "AzureID", "OMSAgentID")},
		{"IP", "ip", []string{"Address", "AddressScope"}, one("Address")},
		{"URL", "url", []string{"Url"}, one("Url")},
		{"AzureResource", "azure-resource", []string{"ResourceId"}, one("ResourceId")},
		{"CloudApplication", "cloud-application", []string{"AppId", "Name", "InstanceName"}, one("AppId", "Name")},
		{"DNS", "dns", []string{"DomainName"}, one("DomainName")},
		{"File", "file", []string{"Directory", "Name"}, one("Name")},
		{"FileHash", "filehash", []string{"Algorithm", "Value"}, [][]string{{"Algorithm", "Value"}}},
		{"Malware", "malware", []string{"Name", "Category"}, one("Name")},
		{"Process", "process", []string{"ProcessId", "CommandLine", "ElevationToken", "CreationTimeUtc"}, one("CommandLine", "ProcessId")},
		{"RegistryKey", "registry-key", []string{"Hive", "Key"}, one("Key", "Hive")},
		{"RegistryValue", "registry-value", []string{"Name", "Value", "ValueType"}, one("Name")},
		{"SecurityGroup", "security-group", []string{"DistinguishedName", "SID", "ObjectGuid"}, one("DistinguishedName", "SID", "ObjectGuid")},
		{"Mailbox", "mailbox", []string{"MailboxPrimaryAddress", "DisplayName", "Upn", "ExternalDirectoryObjectId", "RiskLevel"}, one("MailboxPrimaryAddress")},
		{"MailCluster", "mail-cluster",
			[]string{"NetworkMessageIds", "CountByDeliveryStatus", "CountByThreatType", "CountByProtectionStatus", "Threats", "Query", "QueryTime", "MailCount", "IsVolumeAnomaly",
				"Source", "ClusterSourceIdentifier", "ClusterSourceType", "ClusterQueryStartTime", "ClusterQueryEndTime", "ClusterGroup"},
			one("Query", "Source")},
		{"MailMessage", "mail-message",
			[]string{"Recipient", "Urls", "Threats", "Sender", "P1Sender", "P1SenderDisplayName", "P1SenderDomain", "SenderIP", "P2Sender", "P2SenderDisplayName", "P2SenderDomain",
				"ReceivedDate", "NetworkMessageId", "InternetMessageId", "Subject", "BodyFingerprintBin1", "BodyFingerprintBin2", "BodyFingerprintBin3", "BodyFingerprintBin4",
				"BodyFingerprintBin5", "AntispamDirection", "DeliveryAction", "DeliveryLocation", "Language", "ThreatDetectionMethods"},
			one("NetworkMessageId", "Recipient")},
		{"SubmissionMail", "SubmissionMail",
			[]string{"NetworkMessageId", "Timestamp", "Recipient", "Sender", "SenderIp", "Subject", "ReportType", "SubmissionId", "SubmissionDate", "Submitter"},
			one("SubmissionId", "NetworkMessageId", "Recipient", "Submitter")},
		{"IoTDevice", "iotdevice",
			[]string{"DeviceId", "DeviceName", "Manufacturer", "Model", "FirmwareVersion", "OperatingSystem", "MacAddress", "Protocols", "SerialNumber", "Source", "IoTSecurityAgentId", "DeviceType"},
			one("DeviceId")},
	}
})
