// Microsoft's own JavaScript clients against the stand-in. The environment says where it listens (STAND_IN_HTTPS,
// STAND_IN_HTTP, STAND_IN_WORKSPACE_ID, ...); every check that holds is told as a line "ok NAME".
import assert from "node:assert/strict";
import { LogsQueryClient, LogsQueryResultStatus } from "@azure/monitor-query";
import { LogsQueryClient as NewLogsQueryClient } from "@azure/monitor-query-logs";
import { SecurityInsights } from "@azure/arm-securityinsight";
import { OperationalInsightsManagementClient } from "@azure/arm-operationalinsights";
import { ClientSecretCredential, ManagedIdentityCredential } from "@azure/identity";
import { LogsIngestionClient } from "@azure/monitor-ingestion";
import { Client as KustoClient, KustoConnectionStringBuilder } from "azure-kusto-data";

const env = process.env;
const https = env.STAND_IN_HTTPS;
const http = env.STAND_IN_HTTP;
const workspace = env.STAND_IN_WORKSPACE_ID;
const resource = env.STAND_IN_RESOURCE;
const subscription = env.STAND_IN_SUBSCRIPTION;
const group = env.STAND_IN_GROUP;
const name = env.STAND_IN_WORKSPACE;

const secret = new ClientSecretCredential(env.STAND_IN_TENANT, "00000000-0000-4000-8000-0000000000c1", "any", {
  authorityHost: https,
  disableInstanceDiscovery: true,
});
const day = { startTime: new Date("2026-01-05T00:00:00Z"), endTime: new Date("2026-01-05T12:00:00Z") };

async function all(iterator) {
  const out = [];
  for await (const x of iterator) out.push(x);
  return out;
}

const checks = {
  async "monitor-query"() {
    const client = new LogsQueryClient(secret, { endpoint: https });
    const r = await client.queryWorkspace(workspace, "SigninLogs | where ResultType != '0' | project TimeGenerated, UserPrincipalName, D = dynamic({\"a\":1}) | sort by UserPrincipalName asc | render table",
      day, { includeQueryStatistics: true, includeVisualization: true, serverTimeoutInSeconds: 30 });
    assert.equal(r.status, LogsQueryResultStatus.Success);
    assert.deepEqual(r.tables[0].rows.map((x) => x[1]), ["bob@contoso.example", "carol@contoso.example"]);
    assert.equal(r.tables[0].rows[0][0].toISOString(), "2026-01-05T11:30:00.000Z");
    assert.deepEqual(r.tables[0].rows[0][2], { a: 1 });
    assert.ok(r.statistics.query.executionTime >= 0);
    assert.equal(r.visualization.visualization, "table");
    const h = await client.queryWorkspace(workspace, "SigninLogs | count", { duration: "PT1H" });
    assert.equal(h.tables[0].rows[0][0], 2);
    const byResource = await client.queryResource(resource, "SigninLogs | count", day);
    assert.equal(byResource.tables[0].rows[0][0], 3);
    await assert.rejects(client.queryWorkspace(workspace, "SigninLogs | where Nix == 1", day), (e) => e.code === "BadArgumentError" || /BadArgumentError|invalid properties/.test(e.message));
    const batch = await client.queryBatch([
      { workspaceId: workspace, query: "SigninLogs | count", timespan: day },
      { workspaceId: workspace, query: "Nix", timespan: day },
    ]);
    assert.equal(batch[0].tables[0].rows[0][0], 3);
    assert.equal(batch[1].status, LogsQueryResultStatus.Failure);
  },
  async "monitor-query-logs"() {
    const client = new NewLogsQueryClient(secret, { endpoint: https });
    const r = await client.queryWorkspace(workspace, "SigninLogs | count", day);
    assert.equal(r.tables[0].rows[0][0], 3);
    const byResource = await client.queryResource(resource, "SigninLogs | count", day);
    assert.equal(byResource.tables[0].rows[0][0], 3);
  },
  async "identity managed"() {
    const r = await new ManagedIdentityCredential().getToken("https://management.azure.com/.default");
    assert.ok(r.token.length > 20 && r.expiresOnTimestamp > Date.now());
  },
  async "arm-securityinsight"() {
    const client = new SecurityInsights(secret, subscription, { endpoint: https, $host: https });
    const rule = {
      kind: "Scheduled", displayName: "From JavaScript", enabled: true, severity: "Medium", query: "SigninLogs | where ResultType != '0'",
      queryFrequency: "PT1H", queryPeriod: "PT1H", triggerOperator: "GreaterThan", triggerThreshold: 0, suppressionEnabled: false, suppressionDuration: "PT5H",
      tactics: ["CredentialAccess"], techniques: ["T1110"],
      entityMappings: [{ entityType: "IP", fieldMappings: [{ identifier: "Address", columnName: "IPAddress" }] }],
      incidentConfiguration: { createIncident: true, groupingConfiguration: { enabled: false, reopenClosedIncident: false, lookbackDuration: "PT5H", matchingMethod: "AllEntities" } },
    };
    const made = await client.alertRules.createOrUpdate(group, name, "js-rule", rule);
    assert.equal(made.kind, "Scheduled");
    assert.ok(made.etag);
    assert.equal(made.entityMappings[0].fieldMappings[0].columnName, "IPAddress");
    const again = await client.alertRules.createOrUpdate(group, name, "js-rule", { ...rule, severity: "High", etag: made.etag });
    assert.equal(again.severity, "High");
    await assert.rejects(client.alertRules.createOrUpdate(group, name, "js-rule", { ...rule, etag: made.etag }), (e) => e.statusCode === 409 && e.code === "Conflict");
    await assert.rejects(client.alertRules.createOrUpdate(group, name, "js-bad", { ...rule, displayName: "b", query: "Zebras" }), /One of the tables does not exist/);
    assert.equal((await all(client.alertRules.list(group, name))).length, 1);
    assert.equal((await client.alertRules.get(group, name, "js-rule")).displayName, "From JavaScript");
    const list = await client.watchlists.createOrUpdate(group, name, "js-list", { displayName: "L", provider: "Contoso", source: "Local file", itemsSearchKey: "A", rawContent: "A,B\n1,2\n", contentType: "text/csv", numberOfLinesToSkip: 0 });
    assert.equal(list.provisioningState ?? "Succeeded", "Succeeded");
    assert.deepEqual((await all(client.watchlistItems.list(group, name, "js-list"))).map((x) => x.itemsKeyValue), [{ A: "1", B: "2" }]);
    assert.ok((await all(client.alertRuleTemplates.list(group, name))).length > 0);
    await client.alertRules.delete(group, name, "js-rule");
    await assert.rejects(client.alertRules.get(group, name, "js-rule"), (e) => e.statusCode === 404);
  },
  async "arm-operationalinsights"() {
    const client = new OperationalInsightsManagementClient(secret, subscription, { endpoint: https, $host: https });
    const w = await client.workspaces.get(group, name);
    assert.equal(w.customerId, workspace);
    const s = await client.savedSearches.createOrUpdate(group, name, "js-search", { category: "Hunting Queries", displayName: "H", query: "SigninLogs | take 1", tags: [{ name: "tactics", value: "InitialAccess" }] });
    assert.equal(s.tags[0].value, "InitialAccess");
    const l = await client.savedSearches.listByWorkspace(group, name);
    assert.equal(l.value.length, 1);
    await client.savedSearches.delete(group, name, "js-search");
  },
  async "monitor-ingestion"() {
    const client = new LogsIngestionClient(https, secret);
    await client.upload("dcr-00000000", "Custom-FromNode_CL", [{ TimeGenerated: "2026-01-05T11:59:00Z", Word: "one" }, { TimeGenerated: "2026-01-05T11:59:30Z", Word: "two" }]);
    const r = await new LogsQueryClient(secret, { endpoint: https }).queryWorkspace(workspace, "FromNode_CL | sort by Word asc | project Word", day);
    assert.deepEqual(r.tables[0].rows, [["one"], ["two"]]);
  },
  async "kusto-data"() {
    const client = new KustoClient(new KustoConnectionStringBuilder(http));
    const r = await client.execute(name, "SigninLogs | summarize N = count() by Location | sort by Location asc");
    assert.deepEqual([...r.primaryResults[0].rows()].map((x) => [x.Location, x.N]), [["FR", 1], ["NL", 2]]);
    const v1 = await client.executeQueryV1(name, "print x = 1");
    assert.equal([...v1.primaryResults[0].rows()][0].x, 1);
    const m = await client.executeMgmt(name, ".show databases");
    assert.equal([...m.primaryResults[0].rows()][0].DatabaseName, name);
    await assert.rejects(client.execute(name, "SigninLogs | where Nix == 1"));
  },
};

let failed = 0;
for (const [title, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok ${title}`);
  } catch (e) {
    failed++;
    console.log(`not ok ${title}: ${e.stack}`);
  }
}
process.exit(failed ? 1 : 0);
