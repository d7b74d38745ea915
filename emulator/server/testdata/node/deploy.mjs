// Deploys a template with Microsoft's own client: node deploy.mjs TEMPLATE. The environment says where (API) and as who.
import { readFileSync } from "node:fs";
import { ResourceManagementClient } from "@azure/arm-resources";
import { EnvironmentCredential } from "@azure/identity";

const client = new ResourceManagementClient(new EnvironmentCredential(), process.env.AZURE_SUBSCRIPTION_ID, { endpoint: process.env.API, $host: process.env.API });
const template = JSON.parse(readFileSync(process.argv[2], "utf8"));
const done = await client.deployments.beginCreateOrUpdateAndWait(process.env.GROUP, "from-node", { properties: { mode: "Incremental", template, parameters: { workspace: { value: process.env.WORKSPACE } } } });
console.log(done.properties.provisioningState, done.properties.outputResources.length);
