"""Deploys a template with Microsoft's own client: deploy.py TEMPLATE. The environment says where (API) and as who."""
import json
import os
import sys

from azure.identity import EnvironmentCredential
from azure.mgmt.resource import ResourceManagementClient

with open(sys.argv[1], encoding="utf-8") as f:
    template = json.load(f)
client = ResourceManagementClient(EnvironmentCredential(), os.environ["AZURE_SUBSCRIPTION_ID"], base_url=os.environ["API"])
done = client.deployments.begin_create_or_update(os.environ["GROUP"], "from-python", {"properties": {"mode": "Incremental", "template": template, "parameters": {"workspace": {"value": os.environ["WORKSPACE"]}}}}).result()
print(done.properties.provisioning_state, len(done.properties.output_resources))
