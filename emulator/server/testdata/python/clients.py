"""Microsoft's own Python clients against the stand-in.

The environment says where it listens (STAND_IN_HTTPS, STAND_IN_HTTP, STAND_IN_WORKSPACE_ID, ...), and holds what
`blindspot serve` prints for Python. Every check that holds is told as a line "ok NAME".
"""
import os
import sys
import traceback
import uuid
from datetime import datetime, timedelta, timezone

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential, DefaultAzureCredential, EnvironmentCredential, ManagedIdentityCredential
from azure.mgmt.applicationinsights import ApplicationInsightsManagementClient
from azure.mgmt.loganalytics import LogAnalyticsManagementClient
from azure.mgmt.loganalytics import models as la
from azure.mgmt.resource import ResourceManagementClient
from azure.mgmt.resource import SubscriptionClient
from azure.mgmt.resource.resources import models as rm
from azure.mgmt.securityinsight import SecurityInsights
from azure.mgmt.securityinsight import models as si
from azure.monitor.ingestion import LogsIngestionClient
from azure.monitor.query import LogsBatchQuery, LogsQueryClient, LogsQueryStatus

HTTPS = os.environ["STAND_IN_HTTPS"]
HTTP = os.environ["STAND_IN_HTTP"]
WORKSPACE = os.environ["STAND_IN_WORKSPACE_ID"]
RESOURCE = os.environ["STAND_IN_RESOURCE"]
SUBSCRIPTION = os.environ["STAND_IN_SUBSCRIPTION"]
GROUP = os.environ["STAND_IN_GROUP"]
NAME = os.environ["STAND_IN_WORKSPACE"]
TENANT = os.environ["STAND_IN_TENANT"]
UTC = timezone.utc
DAY = (datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 5, 12, tzinfo=UTC))
HOUR = timedelta(hours=1)

checks = {}


def check(f):
    checks[f.__name__.replace("_", " ")] = f
    return f


def refused(f, status=None, words="", error=HttpResponseError):
    """Runs f, which must be refused, and returns the refusal."""
    try:
        f()
    except error as e:
        if status is not None:
            assert e.status_code == status, (e.status_code, e.message)
        assert words in str(e), f"{words!r} is not in {e}"
        return e
    raise AssertionError("it was not refused")


def logs():
    return LogsQueryClient(EnvironmentCredential(), endpoint=HTTPS)


def sentinel(**more):
    return SecurityInsights(EnvironmentCredential(), SUBSCRIPTION, base_url=HTTPS, **more)


# Tokens.


@check
def identity_environment():
    # Nothing but the lines that serve prints.
    t = EnvironmentCredential().get_token("https://management.azure.com/.default")
    assert len(t.token) > 20 and t.expires_on > datetime.now().timestamp()


@check
def identity_default():
    assert DefaultAzureCredential().get_token("https://api.loganalytics.io/.default").token


@check
def identity_client_secret():
    c = ClientSecretCredential(TENANT, "00000000-0000-4000-8000-0000000000c1", "any", authority=HTTPS, instance_discovery=False)
    assert c.get_token("https://api.loganalytics.io/.default").token


@check
def identity_managed():
    t = ManagedIdentityCredential().get_token("https://management.azure.com/.default")
    assert t.token.count(".") == 2 and t.expires_on > datetime.now().timestamp()


# The query API.


@check
def query_workspace():
    text = "SigninLogs | where ResultType != '0' | project TimeGenerated, UserPrincipalName | sort by UserPrincipalName asc | render table"
    r = logs().query_workspace(WORKSPACE, text, timespan=DAY, server_timeout=30, include_statistics=True, include_visualization=True)
    assert r.status == LogsQueryStatus.SUCCESS, r.status
    table = r.tables[0]
    assert table.name == "PrimaryResult" and table.columns == ["TimeGenerated", "UserPrincipalName"] and table.columns_types == ["datetime", "string"]
    assert [row["UserPrincipalName"] for row in table.rows] == ["bob@contoso.example", "carol@contoso.example"]
    assert table.rows[0][0] == datetime(2026, 1, 5, 11, 30, tzinfo=UTC), table.rows[0][0]
    assert r.statistics["query"]["executionTime"] >= 0
    assert r.visualization["visualization"] == "table"
    plain = logs().query_workspace(WORKSPACE, "print 1", timespan=None)
    assert not plain.statistics and not plain.visualization


@check
def query_timespans():
    c = logs()

    def count(span):
        return c.query_workspace(WORKSPACE, "SigninLogs | count", timespan=span).tables[0].rows[0][0]

    assert count(None) == 3
    assert count(timedelta(hours=1)) == 2
    assert count(timedelta(days=1, seconds=0.5)) == 3
    assert count((datetime(2026, 1, 5, 11, 20, tzinfo=UTC), timedelta(minutes=15))) == 1
    assert count((datetime(2026, 1, 5, 9, tzinfo=UTC), datetime(2026, 1, 5, 11, tzinfo=UTC))) == 1


@check
def query_types():
    text = """print b = true, d = datetime(2026-01-05T01:02:03.1234567Z), y = dynamic({"a": [1, null]}), g = guid(74be27de-1e4e-49d9-b579-fe0b331d3642),
        i = int(-7), l = 9007199254740993, r = 1.5, s = 'ü"\\n', t = timespan(1.02:03:04.5), m = decimal(1.5),
        nan = real(nan), inf = real(+inf), ninf = real(-inf), nb = bool(null), nd = datetime(null), ny = dynamic(null), ng = guid(null), ni = int(null), nl = long(null), nr = real(null), nt = timespan(null), nm = decimal(null), ns = ''"""
    table = logs().query_workspace(WORKSPACE, text, timespan=None).tables[0]
    types = dict(zip(table.columns, table.columns_types))
    assert [types[c] for c in "bdygilrstm"] == ["bool", "datetime", "dynamic", "guid", "int", "long", "real", "string", "timespan", "decimal"], types
    row = table.rows[0]
    assert row["b"] is True and row["i"] == -7 and row["r"] == 1.5
    assert row["l"] == 9007199254740993 and isinstance(row["l"], int)  # Python keeps longs whole
    assert row["d"] == datetime(2026, 1, 5, 1, 2, 3, 123456, tzinfo=UTC), row["d"]
    assert row["y"].replace(" ", "") == '{"a":[1,null]}', row["y"]
    assert row["g"] == "74be27de-1e4e-49d9-b579-fe0b331d3642"
    assert row["s"] == 'ü"\n' and row["t"] == "1.02:03:04.5000000" and float(row["m"]) == 1.5
    assert (row["nan"], row["inf"], row["ninf"]) == ("NaN", "Infinity", "-Infinity")
    for c in ("nb", "nd", "ny", "ni", "nl", "nr", "nm"):
        assert row[c] is None, (c, row[c])
    assert row["ns"] == ""


@check
def query_several_tables():
    r = logs().query_workspace(WORKSPACE, "SigninLogs | count; print x = 'two'", timespan=DAY)
    assert len(r.tables) == 2 and r.tables[1].rows[0]["x"] == "two"


@check
def query_resource():
    c = logs()
    if not hasattr(c, "query_resource"):  # from 1.2.0 on; the path is the same as that of the client underneath
        from azure.core.rest import HttpRequest

        r = c._client.send_request(HttpRequest("POST", HTTPS + "/v1" + RESOURCE + "/query", json={"query": "SigninLogs | count", "timespan": "P1D"}))
        r.raise_for_status()
        assert r.json()["tables"][0]["rows"] == [[3]], r.json()
        return
    assert c.query_resource(RESOURCE, "SigninLogs | count", timespan=DAY).tables[0].rows[0][0] == 3


@check
def query_additional_workspaces():
    c = logs()
    for other in (NAME, WORKSPACE, RESOURCE):
        r = c.query_workspace(WORKSPACE, "SigninLogs | count", timespan=DAY, additional_workspaces=[other])
        assert r.tables[0].rows[0][0] == 3
    refused(lambda: c.query_workspace(WORKSPACE, "SigninLogs | count", timespan=DAY, additional_workspaces=["elsewhere"]), 400, "elsewhere")


@check
def query_partial():
    r = logs().query_workspace(WORKSPACE, "range x from 1 to 500001 step 1", timespan=None)
    assert r.status == LogsQueryStatus.PARTIAL, r.status
    assert len(r.partial_data[0].rows) == 500000
    assert r.partial_error.code == "PartialError" and r.partial_error.details, r.partial_error


@check
def query_errors():
    c = logs()
    e = refused(lambda: c.query_workspace(WORKSPACE, "SigninLogs | where Nix == 1", timespan=DAY), 400, "SEM0100")
    assert e.error.code == "BadArgumentError" and e.error.innererror["code"] == "SemanticError", e.error
    refused(lambda: c.query_workspace(WORKSPACE, "SigninLogs | where (", timespan=DAY), 400, "SyntaxError")
    refused(lambda: c.query_workspace(str(uuid.uuid4()), "print 1", timespan=DAY), 404, "could not be found")


@check
def query_batch():
    q = [
        LogsBatchQuery(workspace_id=WORKSPACE, query="SigninLogs | count", timespan=timedelta(days=1), include_statistics=True),
        LogsBatchQuery(workspace_id=WORKSPACE, query="Nix", timespan=DAY),
        LogsBatchQuery(workspace_id=WORKSPACE, query="SigninLogs | summarize n = count() by Location | sort by Location asc", timespan=DAY, server_timeout=60, include_visualization=True),
        LogsBatchQuery(workspace_id=WORKSPACE, query="print z = 1", timespan=None, additional_workspaces=[NAME]),
    ]
    r = logs().query_batch(q)
    assert [x.status for x in r] == [LogsQueryStatus.SUCCESS, LogsQueryStatus.FAILURE, LogsQueryStatus.SUCCESS, LogsQueryStatus.SUCCESS], r
    assert r[0].tables[0].rows[0][0] == 3 and r[0].statistics
    assert r[1].code == "BadArgumentError" and r[1].message
    assert [list(x) for x in r[2].tables[0].rows] == [["FR", 1], ["NL", 2]]


# Content.

COMMON = dict(enabled=True, severity="Medium", suppression_enabled=False, suppression_duration=timedelta(hours=5))


def scheduled(name, **more):
    p = dict(
        COMMON, display_name=name, description="From Python", query="SigninLogs | where ResultType != '0'", query_frequency=HOUR, query_period=2 * HOUR,
        trigger_operator="GreaterThan", trigger_threshold=3, tactics=["CredentialAccess"], techniques=["T1110"],
        entity_mappings=[
            si.EntityMapping(entity_type="IP", field_mappings=[si.FieldMapping(identifier="Address", column_name="IPAddress")]),
            si.EntityMapping(entity_type="Account", field_mappings=[si.FieldMapping(identifier="FullName", column_name="UserPrincipalName")]),
        ],
        custom_details={"Where": "Location"},
        alert_details_override=si.AlertDetailsOverride(
            alert_display_name_format="Failures of {{UserPrincipalName}}", alert_description_format="from {{IPAddress}}",
            alert_dynamic_properties=[si.AlertPropertyMapping(alert_property="AlertLink", value="Location")]),
        event_grouping_settings=si.EventGroupingSettings(aggregation_kind="AlertPerResult"),
        incident_configuration=si.IncidentConfiguration(create_incident=True, grouping_configuration=si.GroupingConfiguration(
            enabled=True, reopen_closed_incident=False, lookback_duration=5 * HOUR, matching_method="Selected", group_by_entities=["IP"], group_by_alert_details=["Severity"], group_by_custom_details=["Where"])),
    )
    p.update(more)
    return si.ScheduledAlertRule(**p)


@check
def alert_rules_scheduled():
    c = sentinel()
    made = c.alert_rules.create_or_update(GROUP, NAME, "py-scheduled", scheduled("From Python"))
    assert isinstance(made, si.ScheduledAlertRule) and made.etag and made.last_modified_utc
    got = c.alert_rules.get(GROUP, NAME, "py-scheduled")
    sent = scheduled("From Python").serialize()["properties"]
    have = got.serialize(keep_readonly=True)["properties"]
    for k, v in sent.items():
        assert have[k] == v, (k, v, have[k])
    again = c.alert_rules.create_or_update(GROUP, NAME, "py-scheduled", scheduled("From Python", severity="High", etag=made.etag))
    assert again.severity == "High" and again.etag != made.etag
    e = refused(lambda: c.alert_rules.create_or_update(GROUP, NAME, "py-scheduled", scheduled("From Python", etag=made.etag)), 409, "Newer instance")
    assert e.error.code == "Conflict", e.error
    refused(lambda: c.alert_rules.create_or_update(GROUP, NAME, "py-bad", scheduled("b", query="Zebras")), 400, "One of the tables does not exist")
    refused(lambda: c.alert_rules.create_or_update(GROUP, NAME, "py-bad", scheduled("b", query_frequency=timedelta(minutes=1))), 400, "queryFrequency")
    refused(lambda: c.alert_rules.create_or_update(GROUP, NAME, "py-bad", scheduled("b", trigger_threshold=-1)), 400, "triggerThreshold")
    c.alert_rules.delete(GROUP, NAME, "py-scheduled")
    c.alert_rules.delete(GROUP, NAME, "py-scheduled")  # 204
    refused(lambda: c.alert_rules.get(GROUP, NAME, "py-scheduled"), 404, error=ResourceNotFoundError)


@check
def alert_rules_of_all_kinds():
    c = sentinel()
    kinds = {
        "Scheduled": scheduled("All kinds"),
        "NRT": si.NrtAlertRule(display_name="Near real time", query="SigninLogs | where ResultType == '50126'", tactics=["InitialAccess"], techniques=["T1078"], **COMMON),
        "Fusion": si.FusionAlertRule(alert_rule_template_name="f71aba3d-28fb-450b-b192-4e76a83015c8", enabled=True,
                                     source_settings=[si.FusionSourceSettings(enabled=True, source_name="Anomalies")]),
        "MicrosoftSecurityIncidentCreation": si.MicrosoftSecurityIncidentCreationAlertRule(
            display_name="Of the product", enabled=True, product_filter="Azure Active Directory Identity Protection", severities_filter=["High"], display_names_filter=["risk"]),
        "MLBehaviorAnalytics": si.MLBehaviorAnalyticsAlertRule(alert_rule_template_name="737a2ce1-70a3-4968-9e90-3e6aca836abf", enabled=False),
        "ThreatIntelligence": si.ThreatIntelligenceAlertRule(alert_rule_template_name="0dd422ee-e6af-4204-b219-f59ac172e4c6", enabled=True),
    }
    for kind, rule in kinds.items():
        made = c.alert_rules.create_or_update(GROUP, NAME, "py-" + kind, rule)
        assert made.kind == kind and type(made) is type(rule), (made.kind, type(made))
    listed = {r.kind: r for r in c.alert_rules.list(GROUP, NAME)}
    assert set(listed) == set(kinds), set(listed)
    assert listed["MicrosoftSecurityIncidentCreation"].severities_filter == ["High"]
    assert listed["Fusion"].source_settings[0].source_name == "Anomalies"
    refused(lambda: c.alert_rules.create_or_update(GROUP, NAME, "py-NRT", scheduled("Near real time")), 409)
    stable = sentinel(api_version="2022-11-01")  # near real time rules are of the preview line
    refused(lambda: stable.alert_rules.create_or_update(GROUP, NAME, "py-nrt-stable", kinds["NRT"]), 400, "NRT")
    for kind in kinds:
        c.alert_rules.delete(GROUP, NAME, "py-" + kind)
    assert not list(c.alert_rules.list(GROUP, NAME))


@check
def alert_rule_actions():
    c = sentinel()
    c.alert_rules.create_or_update(GROUP, NAME, "py-acting", scheduled("Acting"))
    app = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Logic/workflows/respond"
    a = c.actions.create_or_update(GROUP, NAME, "py-acting", "a1", si.ActionRequest(logic_app_resource_id=app, trigger_uri="https://logic.contoso.example/run?sig=canary"))
    assert a.logic_app_resource_id == app and "canary" not in str(a.serialize(keep_readonly=True)) + str(a.additional_properties)
    assert [x.name for x in c.actions.list_by_alert_rule(GROUP, NAME, "py-acting")] == ["a1"]
    assert c.actions.get(GROUP, NAME, "py-acting", "a1").etag
    c.actions.delete(GROUP, NAME, "py-acting", "a1")
    c.alert_rules.delete(GROUP, NAME, "py-acting")


@check
def alert_rule_templates():
    c = sentinel()
    all = list(c.alert_rule_templates.list(GROUP, NAME))
    assert len(all) > 20, len(all)
    t = c.alert_rule_templates.get(GROUP, NAME, all[0].name)
    assert t.display_name == all[0].display_name and t.query and t.kind in ("Scheduled", "NRT")
    assert {type(x) for x in all} <= {si.ScheduledAlertRuleTemplate, si.NrtAlertRuleTemplate}


@check
def automation_rules():
    c = sentinel()
    rule = si.AutomationRule(
        display_name="Close what is known", order=7,
        triggering_logic=si.AutomationRuleTriggeringLogic(
            is_enabled=True, triggers_on="Incidents", triggers_when="Created", expiration_time_utc=datetime(2027, 1, 1, tzinfo=UTC),
            conditions=[si.PropertyConditionProperties(condition_properties=si.AutomationRulePropertyValuesCondition(
                property_name="IncidentTitle", operator="Contains", property_values=["known"]))]),
        actions=[
            si.AutomationRuleModifyPropertiesAction(order=1, action_configuration=si.IncidentPropertiesAction(status="Closed", classification="BenignPositive", classification_reason="SuspiciousButExpected")),
            si.AutomationRuleAddIncidentTaskAction(order=2, action_configuration=si.AddIncidentTaskActionProperties(title="Look again")),
        ])
    made = c.automation_rules.create_or_update(GROUP, NAME, "py-auto", rule)
    assert made.order == 7 and made.actions[0].action_configuration.status == "Closed" and made.triggering_logic.conditions[0].condition_properties.property_values == ["known"]
    assert made.created_time_utc and made.last_modified_time_utc
    assert [x.name for x in c.automation_rules.list(GROUP, NAME)] == ["py-auto"]
    rule.order = 0
    refused(lambda: c.automation_rules.create_or_update(GROUP, NAME, "py-auto", rule), 400, "order")
    c.automation_rules.delete(GROUP, NAME, "py-auto")


@check
def watchlists():
    c = sentinel()
    w = si.Watchlist(display_name="Allowed", provider="Contoso", source="Local file", items_search_key="Ip", content_type="text/csv", number_of_lines_to_skip=1,
                     raw_content="a comment\nIp,Why\n192.0.2.1,office\n198.51.100.7,vpn\n")
    made = c.watchlists.create_or_update(GROUP, NAME, "py-allowed", w)
    assert made.watchlist_alias == "py-allowed" and made.items_search_key == "Ip" and made.created
    items = list(c.watchlist_items.list(GROUP, NAME, "py-allowed"))
    assert [i.items_key_value for i in items] == [{"Ip": "192.0.2.1", "Why": "office"}, {"Ip": "198.51.100.7", "Why": "vpn"}], items
    one = str(uuid.uuid4())
    c.watchlist_items.create_or_update(GROUP, NAME, "py-allowed", one, si.WatchlistItem(items_key_value={"Ip": "203.0.113.9", "Why": "home"}))
    assert c.watchlist_items.get(GROUP, NAME, "py-allowed", one).items_key_value["Why"] == "home"
    r = logs().query_workspace(WORKSPACE, "_GetWatchlist('py-allowed') | sort by SearchKey asc | project SearchKey, Why", timespan=HOUR)
    assert [list(x) for x in r.tables[0].rows] == [["192.0.2.1", "office"], ["198.51.100.7", "vpn"], ["203.0.113.9", "home"]], r.tables[0].rows
    c.watchlist_items.delete(GROUP, NAME, "py-allowed", one)
    assert [x.name for x in c.watchlists.list(GROUP, NAME)] == ["py-allowed"]
    c.watchlists.delete(GROUP, NAME, "py-allowed")
    refused(lambda: list(c.watchlist_items.list(GROUP, NAME, "py-allowed")), 404)


@check
def metadata():
    c = sentinel()
    parent = RESOURCE + "/providers/Microsoft.SecurityInsights/alertRules/r"
    for i in range(105):  # over one page
        c.metadata.create(GROUP, NAME, f"py-{i:03}", si.MetadataModel(
            parent_id=parent, kind="AnalyticsRule", version="1.0.0", content_id=f"c{i}", source=si.MetadataSource(kind="SourceRepository", name="blindspot"),
            author=si.MetadataAuthor(name="Contoso"), support=si.MetadataSupport(tier="Community"), categories=si.MetadataCategories(domains=["Identity"])))
    assert len(list(c.metadata.list(GROUP, NAME))) == 105
    m = c.metadata.update(GROUP, NAME, "py-004", si.MetadataPatch(version="1.1.0"))
    assert m.version == "1.1.0" and m.source.name == "blindspot" and m.categories.domains == ["Identity"]
    assert c.metadata.get(GROUP, NAME, "py-004").author.name == "Contoso"
    for i in range(105):
        c.metadata.delete(GROUP, NAME, f"py-{i:03}")


@check
def data_connectors():
    c = sentinel()
    d = c.data_connectors.create_or_update(GROUP, NAME, "py-aad", si.AADDataConnector(tenant_id=TENANT, data_types=si.AlertsDataTypeOfDataConnector(alerts=si.DataConnectorDataTypeCommon(state="Enabled"))))
    assert isinstance(d, si.AADDataConnector) and d.data_types.alerts.state == "Enabled"
    assert [x.name for x in c.data_connectors.list(GROUP, NAME)] == ["py-aad"]
    c.data_connectors.delete(GROUP, NAME, "py-aad")


@check
def onboarding():
    c = sentinel()
    assert [x.name for x in c.sentinel_onboarding_states.list(GROUP, NAME).value] == ["default"]
    assert c.sentinel_onboarding_states.get(GROUP, NAME, "default").customer_managed_key is False
    s = c.sentinel_onboarding_states.create(GROUP, NAME, "default", si.SentinelOnboardingState(customer_managed_key=False))
    assert s.name == "default"


@check
def product_settings():
    c = sentinel()
    s = c.product_settings.update(GROUP, NAME, "EyesOn", si.EyesOn())
    assert s.kind == "EyesOn"
    assert [x.name for x in c.product_settings.list(GROUP, NAME).value] == ["EyesOn"]
    c.product_settings.delete(GROUP, NAME, "EyesOn")


@check
def anomaly_settings():
    c = sentinel()
    a = c.security_ml_analytics_settings.create_or_update(GROUP, NAME, "py-anomaly", si.AnomalySecurityMLAnalyticsSettings(
        display_name="Unusual", enabled=True, anomaly_version="1.0.5", frequency=HOUR, settings_status="Production", is_default_settings=True, anomaly_settings_version=0, settings_definition_id=str(uuid.uuid4())))
    assert a.kind == "Anomaly" and a.frequency == HOUR
    assert len(list(c.security_ml_analytics_settings.list(GROUP, NAME))) == 1
    c.security_ml_analytics_settings.delete(GROUP, NAME, "py-anomaly")


@check
def bookmarks():
    c = sentinel()
    id = str(uuid.uuid4())
    b = c.bookmarks.create_or_update(GROUP, NAME, id, si.Bookmark(display_name="Odd", query="SigninLogs | take 1", query_result="{}", labels=["a"], notes="look", event_time=DAY[0]))
    assert b.display_name == "Odd" and b.created and b.labels == ["a"]
    assert [x.name for x in c.bookmarks.list(GROUP, NAME)] == [id]
    refused(lambda: c.bookmarks.create_or_update(GROUP, NAME, id, {"properties": {"displayName": "no query"}}), 400, "query")
    c.bookmarks.delete(GROUP, NAME, id)


@check
def incidents():
    c = sentinel()
    id = str(uuid.uuid4())
    i = c.incidents.create_or_update(GROUP, NAME, id, si.Incident(title="Spray", severity="High", status="New", labels=[si.IncidentLabel(label_name="py")]))
    assert i.incident_number >= 1 and i.created_time_utc and i.incident_url and i.labels[0].label_name == "py"
    n = c.incident_comments.create_or_update(GROUP, NAME, id, "c1", si.IncidentComment(message="seen"))
    assert n.message == "seen" and n.created_time_utc
    assert [x.message for x in c.incident_comments.list(GROUP, NAME, id)] == ["seen"]
    t = c.incident_tasks.create_or_update(GROUP, NAME, id, "t1", si.IncidentTask(title="Ask", status="New"))
    assert t.title == "Ask" and [x.name for x in c.incident_tasks.list(GROUP, NAME, id)] == ["t1"]
    mark = str(uuid.uuid4())
    c.bookmarks.create_or_update(GROUP, NAME, mark, si.Bookmark(display_name="Odd", query="SigninLogs | take 1"))
    target = RESOURCE + "/providers/Microsoft.SecurityInsights/bookmarks/" + mark
    r = c.incident_relations.create_or_update(GROUP, NAME, id, "r1", si.Relation(related_resource_id=target))
    assert r.related_resource_name == mark and r.related_resource_type.lower() == "microsoft.securityinsights/bookmarks", r.serialize(keep_readonly=True)
    assert [x.name for x in c.incident_relations.list(GROUP, NAME, id)] == ["r1"]
    assert c.incidents.get(GROUP, NAME, id).additional_data.comments_count == 1
    refused(lambda: c.incidents.create_or_update(GROUP, NAME, id, si.Incident(title="Spray", severity="High", status="Closed")), 400, "classification")
    done = c.incidents.create_or_update(GROUP, NAME, id, si.Incident(title="Spray", severity="High", status="Closed", classification="TruePositive", classification_reason="SuspiciousActivity", etag=i.etag))
    assert done.status == "Closed" and done.incident_number == i.incident_number
    numbers = [x.incident_number for x in c.incidents.list(GROUP, NAME, filter="properties/status eq 'Closed'", orderby="properties/createdTimeUtc desc", top=5)]
    assert numbers == [i.incident_number], numbers
    c.incidents.delete(GROUP, NAME, id)
    refused(lambda: list(c.incident_comments.list(GROUP, NAME, id)), 404)


@check
def loganalytics():
    c = LogAnalyticsManagementClient(EnvironmentCredential(), SUBSCRIPTION, base_url=HTTPS)
    w = c.workspaces.get(GROUP, NAME)
    assert w.customer_id == WORKSPACE and w.sku.name == "PerGB2018" and w.location, w.serialize(keep_readonly=True)
    assert [x.name for x in c.workspaces.list()] == [NAME] and [x.name for x in c.workspaces.list_by_resource_group(GROUP)] == [NAME]
    p = c.workspaces.update(GROUP, NAME, la.WorkspacePatch(retention_in_days=120))
    assert p.retention_in_days == 120 and p.customer_id == WORKSPACE
    t = c.tables.begin_create_or_update(GROUP, NAME, "PyOwn_CL", la.Table(retention_in_days=45, schema=la.Schema(name="PyOwn_CL", columns=[la.Column(name="TimeGenerated", type="datetime"), la.Column(name="Word", type="string")]))).result()
    assert t.retention_in_days == 45 and t.schema.table_type == "CustomLog" and [x.name for x in t.schema.columns] == ["TimeGenerated", "Word"]
    t = c.tables.begin_update(GROUP, NAME, "PyOwn_CL", la.Table(total_retention_in_days=400)).result()
    assert t.total_retention_in_days == 400 and t.retention_in_days == 45
    assert "PyOwn_CL" in [x.name for x in c.tables.list_by_workspace(GROUP, NAME)]
    assert logs().query_workspace(WORKSPACE, "PyOwn_CL | getschema | where ColumnName == 'Word'", timespan=None).tables[0].rows
    c.tables.begin_delete(GROUP, NAME, "PyOwn_CL").result()
    refused(lambda: c.tables.get(GROUP, NAME, "PyOwn_CL"), 404)


@check
def saved_searches():
    c = LogAnalyticsManagementClient(EnvironmentCredential(), SUBSCRIPTION, base_url=HTTPS)
    h = la.SavedSearch(category="Hunting Queries", display_name="H", query="SigninLogs | take 1", version=2, tags=[la.Tag(name="tactics", value="InitialAccess")])
    made = c.saved_searches.create_or_update(GROUP, NAME, "py-hunt", h)
    assert made.tags[0].value == "InitialAccess" and made.etag
    f = la.SavedSearch(category="Function", display_name="F", query="SigninLogs | where Location == where_", function_alias="PyFails", function_parameters='where_:string="FR"')
    c.saved_searches.create_or_update(GROUP, NAME, "py-function", f)
    assert logs().query_workspace(WORKSPACE, "PyFails('NL') | count", timespan=DAY).tables[0].rows[0][0] == 2
    assert logs().query_workspace(WORKSPACE, "PyFails | count", timespan=DAY).tables[0].rows[0][0] == 1
    assert sorted(x.name for x in c.saved_searches.list_by_workspace(GROUP, NAME).value) == ["py-function", "py-hunt"]
    f.etag = '"00000000-0000-0000-0000-000000000000"'
    refused(lambda: c.saved_searches.create_or_update(GROUP, NAME, "py-function", f), 412)
    f.etag = "*"
    c.saved_searches.create_or_update(GROUP, NAME, "py-function", f)
    for n in ("py-hunt", "py-function"):
        c.saved_searches.delete(GROUP, NAME, n)
    refused(lambda: c.saved_searches.get(GROUP, NAME, "py-hunt"), 404)


@check
def workbooks():
    c = ApplicationInsightsManagementClient(EnvironmentCredential(), SUBSCRIPTION, base_url=HTTPS)
    id = str(uuid.uuid4())
    text = '{"version":"Notebook/1.0","items":[]}'
    book = c.workbooks.models.Workbook(location="westeurope", kind="shared", display_name="Signs", category="sentinel", serialized_data=text, version="Notebook/1.0", source_id=RESOURCE, tags={"a": "b"})
    made = c.workbooks.create_or_update(GROUP, id, book)
    assert made.serialized_data == text and made.time_modified and made.tags == {"a": "b"}
    assert c.workbooks.get(GROUP, id).source_id == RESOURCE
    listed = list(c.workbooks.list_by_resource_group(GROUP, category="sentinel", source_id=RESOURCE, can_fetch_content=True))
    assert [x.name for x in listed] == [id] and listed[0].serialized_data == text
    assert list(c.workbooks.list_by_subscription(category="sentinel"))[0].serialized_data is None
    book.display_name = "Signs again"
    c.workbooks.create_or_update(GROUP, id, book)
    revisions = list(c.workbooks.revisions_list(GROUP, id))
    assert [x.display_name for x in revisions] == ["Signs", "Signs again"] and revisions[0].name == id, revisions
    assert c.workbooks.revision_get(GROUP, id, revisions[0].revision).display_name == "Signs"
    c.workbooks.delete(GROUP, id)


@check
def diagnostic_settings():
    from azure.mgmt.monitor import MonitorManagementClient
    c = MonitorManagementClient(EnvironmentCredential(), SUBSCRIPTION, base_url=HTTPS)
    made = c.diagnostic_settings.create_or_update(RESOURCE, "own", {"workspace_id": RESOURCE, "logs": [{"category": "SummaryLogs", "enabled": True}]})
    assert made.name == "own" and made.logs[0].category == "SummaryLogs" and made.logs[0].enabled
    assert [x.name for x in c.diagnostic_settings.list(RESOURCE)] == ["own"]
    refused(lambda: c.diagnostic_settings.create_or_update(RESOURCE, "none", {"logs": [{"category": "Audit", "enabled": True}]}), 400, "data sink")
    c.diagnostic_settings.delete(RESOURCE, "own")
    refused(lambda: c.diagnostic_settings.get(RESOURCE, "own"), 404)


@check
def resources():
    s = SubscriptionClient(EnvironmentCredential(), base_url=HTTPS)
    assert [x.subscription_id for x in s.subscriptions.list()] == [SUBSCRIPTION]
    assert [x.tenant_id for x in s.tenants.list()] == [TENANT]
    c = ResourceManagementClient(EnvironmentCredential(), SUBSCRIPTION, base_url=HTTPS)
    assert [x.name for x in c.resource_groups.list()] == [GROUP] and c.resource_groups.get(GROUP).location
    assert c.resource_groups.check_existence(GROUP) and not c.resource_groups.check_existence("elsewhere")
    assert c.providers.get("Microsoft.SecurityInsights").registration_state == "Registered"
    assert NAME in [x.name for x in c.resources.list_by_resource_group(GROUP)]
    assert c.resources.get_by_id(RESOURCE, "2022-10-01").properties["customerId"] == WORKSPACE


@check
def deployments():
    c = ResourceManagementClient(EnvironmentCredential(), SUBSCRIPTION, base_url=HTTPS)
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
        "parameters": {"workspace": {"type": "string"}},
        "resources": [{"type": "Microsoft.OperationalInsights/workspaces/savedSearches", "apiVersion": "2020-08-01", "name": "[concat(parameters('workspace'), '/py-deployed')]",
                       "properties": {"category": "Hunting Queries", "displayName": "D", "query": "SigninLogs | take 2", "version": 2}}],
        "outputs": {"name": {"type": "string", "value": "[parameters('workspace')]"}},
    }
    d = rm.Deployment(properties=rm.DeploymentProperties(mode="Incremental", template=template, parameters={"workspace": {"value": NAME}}))
    v = c.deployments.begin_validate(GROUP, "py-1", d).result()
    assert v.error is None and v.properties.provisioning_state == "Succeeded"
    w = c.deployments.begin_what_if(GROUP, "py-1", rm.DeploymentWhatIf(properties=rm.DeploymentWhatIfProperties(mode="Incremental", template=template, parameters={"workspace": {"value": NAME}}))).result()
    assert [(x.change_type, x.resource_id.split("/")[-1]) for x in w.changes] == [("Create", "py-deployed")], w.serialize()
    r = c.deployments.begin_create_or_update(GROUP, "py-1", d).result()
    assert r.properties.provisioning_state == "Succeeded" and r.properties.outputs["name"]["value"] == NAME
    assert [o.properties.provisioning_state for o in c.deployment_operations.list(GROUP, "py-1")] == ["Succeeded"]
    w = c.deployments.begin_what_if(GROUP, "py-1", rm.DeploymentWhatIf(properties=rm.DeploymentWhatIfProperties(mode="Incremental", template=template, parameters={"workspace": {"value": NAME}}))).result()
    assert [x.change_type for x in w.changes] == ["NoChange"], w.serialize()
    assert "py-1" in [x.name for x in c.deployments.list_by_resource_group(GROUP)]
    d.properties.template = dict(template, resources=[dict(template["resources"][0], properties={"category": "x"})])
    e = refused(lambda: c.deployments.begin_create_or_update(GROUP, "py-2", d).result(), words="DeploymentFailed")
    assert "displayName" in str(e)
    LogAnalyticsManagementClient(EnvironmentCredential(), SUBSCRIPTION, base_url=HTTPS).saved_searches.delete(GROUP, NAME, "py-deployed")


@check
def ingestion():
    c = LogsIngestionClient(HTTPS, EnvironmentCredential())
    c.upload(rule_id="dcr-00000000", stream_name="Custom-FromPython_CL", logs=[{"TimeGenerated": "2026-01-05T11:59:00Z", "Word": "one"}, {"TimeGenerated": "2026-01-05T11:59:30Z", "Word": "two"}])
    r = logs().query_workspace(WORKSPACE, "FromPython_CL | sort by Word asc | project Word", timespan=DAY)
    assert [list(x) for x in r.tables[0].rows] == [["one"], ["two"]]
    refused(lambda: c.upload(rule_id="dcr-00000000", stream_name="Nowhere", logs=[{}]), 400, "InvalidStream")


@check
def kusto():
    from azure.kusto.data import ClientRequestProperties, KustoClient, KustoConnectionStringBuilder
    from azure.kusto.data.exceptions import KustoServiceError

    text = "SigninLogs | summarize N = count(), T = max(TimeGenerated) by Location | sort by Location asc"
    keyed = KustoConnectionStringBuilder.with_aad_application_key_authentication(HTTPS, "00000000-0000-4000-8000-0000000000c1", "any", TENANT)
    for kcsb in (KustoConnectionStringBuilder(HTTP), keyed, KustoConnectionStringBuilder.with_aad_application_token_authentication(HTTPS, "any")):
        with KustoClient(kcsb) as c:
            rows = list(c.execute(NAME, text).primary_results[0])
            assert [(r["Location"], r["N"]) for r in rows] == [("FR", 1), ("NL", 2)], rows
            assert rows[0]["T"] == datetime(2026, 1, 5, 11, 45, tzinfo=UTC), rows[0]["T"]
            p = ClientRequestProperties()
            p.set_option("servertimeout", timedelta(minutes=1))
            p.client_request_id = "py;" + str(uuid.uuid4())
            one = list(c.execute_query(NAME, 'print l = 9007199254740993, t = timespan(1.02:03:04.5), y = dynamic({"a": 1}), b = true, m = decimal(1.5), n = int(null)', p).primary_results[0])[0]
            assert one["l"] == 9007199254740993 and one["t"] == timedelta(days=1, hours=2, minutes=3, seconds=4.5) and one["y"] == {"a": 1} and one["b"] is True and one["n"] is None, one
            assert list(c.execute_mgmt(NAME, ".show databases").primary_results[0])[0]["DatabaseName"] == NAME
            assert list(c.execute(NAME, ".show version").primary_results[0])[0]["ServiceType"] == "Engine"
            s = c.execute_streaming_query(NAME, text)
            assert [r["Location"] for r in next(s.iter_primary_results())] == ["FR", "NL"]
            refused(lambda: c.execute(NAME, "SigninLogs | where Nix == 1"), words="SEM0100", error=KustoServiceError)
            refused(lambda: c.execute_mgmt(NAME, ".drop table SigninLogs"), words="not supported", error=KustoServiceError)
            cut = c.execute(NAME, "range x from 1 to 500001 step 1")
            assert len(cut.primary_results[0]) == 500000 and cut.errors_count == 1 and "500000" in cut.get_exceptions()[0], (cut.errors_count, cut.get_exceptions())


wanted = sys.argv[1:]
failed = 0
for title, f in checks.items():
    if wanted and title not in wanted:
        continue
    if title == "kusto":
        try:
            import azure.kusto.data  # noqa: F401
        except ImportError:
            print("skipped kusto: azure.kusto.data is not installed", flush=True)
            continue
    try:
        f()
        print("ok", title, flush=True)
    except Exception:  # pylint: disable=broad-except
        failed += 1
        print("not ok", title + ":", traceback.format_exc(), flush=True)
sys.exit(1 if failed else 0)
