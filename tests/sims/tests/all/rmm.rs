//! The simulated RMM against its vendor's notes.

use crosswalk_sims::RmmOptions;
use serde_json::{Value, json};

use super::client::Client;
use super::{rmm, rmm_client, world};

/// Every row of a list, by `$skip` and `$top` until `TotalCount`.
fn walk(client: &mut Client, path: &str, top: usize) -> Vec<Value> {
    let mut rows = Vec::new();
    let joint = if path.contains('?') { '&' } else { '?' };
    loop {
        let page = client.get(&format!("{path}{joint}$top={top}&%24skip={}", rows.len())).json();
        let items = page["Data"].as_array().unwrap().clone();
        let total = page["Meta"]["TotalCount"].as_u64().unwrap() as usize;
        if items.is_empty() || rows.len() >= total {
            assert_eq!(rows.len(), total);
            return rows;
        }
        rows.extend(items);
    }
}

#[test]
fn a_call_needs_the_token() {
    let (rmm, mut client) = rmm(RmmOptions::default());
    let mut stranger = Client::new(&rmm.url(), &[("Authorization", "Basic bm9ib2R5")]);
    let refused = stranger.get("/api/v3/organizations");
    assert_eq!(refused.status, 401);
    assert_eq!(refused.json()["Data"], Value::Null);
    assert_eq!(refused.json()["Meta"]["ResponseCode"], 401);
    for path in ["/api/v3/organizations", "/api/v3/organizations/", "/v3/organizations"] {
        assert_eq!(client.get(path).status, 200, "{path}");
    }
    let missing = client.get("/api/v3/organizations/1");
    assert_eq!((missing.status, missing.json()["Meta"]["ErrorMessage"].clone()), (404, "Entity is not found.".into()));
    assert_eq!(client.get("/api/v3/nonsense").status, 404);
    assert_eq!(client.get("/api/v3/environment").json()["Data"]["CustomerName"], "Simulated MSP");
}

#[test]
fn walks_come_to_the_end_with_every_row_once() {
    let (_rmm, mut client) = rmm(RmmOptions::default());
    for (path, top, expected) in [
        ("/api/v3/assets?$orderby=Identifier", 100, 250),
        ("/api/v3/assets?$orderby=Identifier", 500, 250), // the most a page has is 100
        ("/api/v3/devices", 33, 250),
        ("/api/v3/organizations?$orderby=Id", 5, 12),
        ("/api/v3/sites", 100, 18),
        ("/api/v3/groups/", 100, 36),
        ("/api/v3/notifications", 100, 5),
    ] {
        let rows = walk(&mut client, path, top);
        assert_eq!(rows.len(), expected, "{path}");
        let id = |row: &Value| row.get("Identifier").or(row.get("Id")).unwrap().to_string();
        let mut ids: Vec<String> = rows.iter().map(id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), expected, "{path}");
    }
    let page = client.get("/api/v3/assets?$top=1000").json();
    assert_eq!(page["Data"].as_array().unwrap().len(), 100);
    let past = client.get("/api/v3/assets?$skip=9999").json();
    assert_eq!((past["Data"].as_array().unwrap().len(), past["Meta"]["TotalCount"].clone()), (0, 250.into()));
}

#[test]
fn filters_and_orders_over_http() {
    let (_rmm, mut client) = rmm(RmmOptions::default());
    let world = world();
    let site = world.devices[0].site;
    let organisation = world.site(site).unwrap().organisation;
    let in_site = world.devices.iter().filter(|d| d.site == site).count();
    let in_organisation =
        world.devices.iter().filter(|d| world.site(d.site).unwrap().organisation == organisation).count();
    let count =
        |client: &mut Client, path: &str| client.get(path).json()["Meta"]["TotalCount"].as_u64().unwrap() as usize;
    assert_eq!(count(&mut client, &format!("/api/v3/assets?$filter=SiteId eq {site}")), in_site);
    assert_eq!(
        count(&mut client, &format!("/api/v3/devices?%24filter=OrganizationId%20eq%20{organisation}")),
        in_organisation
    );
    assert_eq!(
        count(&mut client, &format!("/api/v3/devices?$filter=SiteId ne {site} and IsAgentInstalled")),
        250 - in_site
    );
    assert_eq!(count(&mut client, "/api/v3/assets?$filter=Type eq 'mac' or Type eq 'linux' or Type eq 'windows'"), 250);
    let name = world.organisations[0].base.to_lowercase();
    let name: String = name.bytes().map(|b| format!("%{b:02X}")).collect();
    assert!(count(&mut client, &format!("/api/v3/organizations?$filter=contains(tolower(Name),'{name}')")) >= 1);
    for bad in ["$filter=Colour eq 'red'", "$filter=Id gt 4", "$orderby=Colour", "$top=many"] {
        assert_eq!(client.get(&format!("/api/v3/organizations?{bad}")).status, 400, "{bad}");
    }
    let rows = walk(&mut client, "/api/v3/organizations?$orderby=Name desc", 100);
    let names: Vec<&str> = rows.iter().map(|r| r["Name"].as_str().unwrap()).collect();
    assert!(names.is_sorted_by(|a, b| a >= b));
}

#[test]
fn assets_are_full_records_with_the_fields_oddities() {
    let (_rmm, mut client) = rmm(RmmOptions::default());
    let world = world();
    let assets = walk(&mut client, "/api/v3/assets", 100);
    let serial = |asset: &Value| {
        let bios = asset["AssetInfo"].as_array().unwrap().iter().find(|c| c["CategoryName"] == "BIOS");
        bios.map(|b| b["CategoryData"]["Serial Number"].as_str().unwrap().to_owned())
    };
    for asset in &assets {
        let device = world.devices.iter().find(|d| d.id == asset["Identifier"]).unwrap();
        assert_eq!(serial(asset), device.serial);
        assert_eq!(asset["SiteId"], device.site);
        let site = world.site(device.site).unwrap();
        let place = format!("{} - {} - ", world.organisation(site.organisation).unwrap().name, site.name);
        assert!(asset["GroupName"].as_str().unwrap().starts_with(&place));
        assert_eq!(asset["Disks"][0]["TotalValue"], device.disks[0].total_kb);
    }
    assert!(assets.iter().any(|a| serial(a).is_none()), "one has no BIOS block");
    assert!(assets.iter().any(|a| a["LastReboot"] == ""));
    assert!(assets.iter().any(|a| a["IpAddresses"][0].is_string()));
    assert!(assets.iter().any(|a| a["IpAddresses"][0]["IPs"][0]["IP"].is_string()));

    let id = world.devices[7].id.as_str();
    let detail = client.get(&format!("/api/v3/devices/{id}")).json();
    assert_eq!(detail["Data"]["LocalIpAddresses"][0]["PhysicalAddress"], world.devices[7].mac.as_str());
    let list = client.get(&format!("/api/v3/devices/{id}/notifications")).json();
    let alert = &list["Data"][0];
    assert!(alert["DateTime"].is_i64() && alert["Priority"].as_str().unwrap().starts_with(char::is_lowercase));
    let alert = client.get(&format!("/api/v3/notifications/{}", alert["Id"])).json();
    assert!(alert["Data"]["DateTime"].as_str().unwrap().ends_with('Z'));
    assert_eq!(alert["Data"]["ComputerIdentifier"], id);
}

#[test]
fn switches_change_the_form_of_assets() {
    let options = RmmOptions {
        asset_site_id: false,
        plain_ip_addresses: false,
        sections_on_request: true,
        ..RmmOptions::default()
    };
    let (_rmm, mut client) = rmm(options);
    let row = client.get("/api/v3/assets?$top=1").json()["Data"][0].clone();
    assert!(row.get("SiteId").is_none() && row.get("AssetInfo").is_none() && row.get("Disks").is_none());
    let row = client.get("/api/v3/assets?$top=1&include=Disks,AssetInfo").json()["Data"][0].clone();
    assert!(row["AssetInfo"].is_array() && row["Disks"].is_array());
    assert_eq!(client.get("/api/v3/assets?$filter=SiteId eq 5000").status, 400);
}

#[test]
fn organisations_sites_and_groups_can_be_made_and_changed() {
    let (rmm, mut client) = rmm(RmmOptions::default());
    let made = client.post("/api/v3/organizations", r#"{"Name":"Nuova S.r.l."}"#).json();
    let organisation = made["Data"]["Id"].as_i64().unwrap();
    let site =
        format!(r#"{{"Name":"Sede","ParentId":{organisation},"ContactInformation":{{"City":"Forlì","Zip":"47121"}}}}"#);
    let site = client.post("/api/v3/sites/", &site).json()["Data"].clone();
    assert_eq!(
        (site["ParentName"].as_str(), site["ContactInformation"]["City"].as_str()),
        (Some("Nuova S.r.l."), Some("Forlì"))
    );
    let group =
        client.post("/api/v3/groups", &format!(r#"{{"Name":"PCs","ParentId":{}}}"#, site["Id"])).json()["Data"].clone();
    let device = world().devices[0].id.clone();
    let moved =
        client.send("PUT", &format!("/api/v3/devices/{device}/move"), &format!(r#"{{"GroupId":{}}}"#, group["Id"]));
    assert_eq!(moved.unwrap().status, 200);
    let renamed =
        client.send("PUT", &format!("/api/v3/organizations/{organisation}"), r#"{"Name":"Nuova SpA"}"#).unwrap();
    assert_eq!(renamed.json()["Data"]["Name"], "Nuova SpA");
    let asset = client.get(&format!("/api/v3/assets/{device}")).json();
    assert_eq!(asset["Data"]["GroupName"], "Nuova SpA - Sede - PCs");
    for (path, body) in [
        ("/api/v3/organizations", "{}"),
        ("/api/v3/organizations", "nonsense"),
        ("/api/v3/sites", r#"{"Name":"x","ParentId":1}"#),
        ("/api/v3/groups", r#"{"Name":"x"}"#),
    ] {
        assert_eq!(client.post(path, body).status, 400, "{path} {body}");
    }
    assert_eq!(client.send("DELETE", "/api/v3/organizations/1000", "").unwrap().status, 405);
    let counts = rmm.counts();
    assert_eq!(counts.of("POST", "organizations"), 3);
    assert_eq!(counts.writes, 10);
}

#[test]
fn a_narrower_token_is_told_403() {
    let (rmm, mut client) = rmm(RmmOptions::default());
    let world = world();
    let site = world.devices[0].site;
    let organisation = world.site(site).unwrap().organisation;
    rmm.forbid_organisations(&[organisation]);
    for path in [
        format!("/api/v3/organizations/{organisation}"),
        format!("/api/v3/assets?$filter=SiteId eq {site}"),
        format!("/api/v3/sites?$filter=ParentId eq {organisation}"),
        format!("/api/v3/assets/{}", world.devices[0].id),
    ] {
        let reply = client.get(&path);
        assert_eq!((reply.status, reply.json()["Meta"]["ResponseCode"].clone()), (403, 403.into()), "{path}");
    }
    assert_eq!(walk(&mut client, "/api/v3/organizations", 100).len(), 12);
    assert!(walk(&mut client, "/api/v3/assets", 100).len() < 250);
    rmm.forbid_organisations(&[]);
    assert_eq!(walk(&mut client, "/api/v3/assets", 100).len(), 250);
    rmm.forbid_collection("notifications");
    assert_eq!(client.get("/api/v3/notifications").status, 403);
}

#[test]
fn the_world_can_change_while_it_is_watched() {
    let (rmm, mut client) = rmm(RmmOptions::default());
    let world = world();
    let (first, second) = (&world.devices[0].id, &world.devices[1].id);
    rmm.check_in_all(1_800_000_000);
    let assets = walk(&mut client, "/api/v3/assets", 100);
    assert!(assets.iter().all(|a| a["LastSeenOnline"] == "2027-01-15T08:00:00Z"));
    assert!(rmm.set_serial(first, Some("NEW-SERIAL")) && rmm.set_serial(second, None));
    assert!(client.get(&format!("/api/v3/assets/{first}")).body.windows(10).any(|w| w == b"NEW-SERIAL"));
    assert!(!client.get(&format!("/api/v3/assets/{second}")).body.windows(6).any(|w| w == b"\"BIOS\""));
    assert!(rmm.remove_device(second) && !rmm.remove_device(second));
    assert_eq!(client.get(&format!("/api/v3/assets/{second}")).status, 404);
    let organisation = rmm.add_organisation("Brand New");
    let site = rmm.add_site(organisation, "Somewhere").unwrap();
    assert!(rmm.move_device(first, site));
    assert_eq!(client.get(&format!("/api/v3/devices/{first}")).json()["Data"]["OrganizationName"], "Brand New");
    assert!(rmm.rename_organisation(organisation, "Older"));
    assert_eq!(client.get(&format!("/api/v3/devices/{first}")).json()["Data"]["OrganizationName"], "Older");
    let mut device = world.devices[1].clone();
    device.id = "ffffffff-0000-4000-8000-000000000000".to_owned();
    assert!(rmm.add_device(device.clone()) && !rmm.add_device(device));
    assert_eq!(walk(&mut client, "/api/v3/assets", 100).len(), 250);
    assert!(rmm.canonical_state().iter().any(|l| l.contains("\"Older\" / \"Somewhere\"") && l.starts_with("device")));
    assert!(rmm_client(&rmm).post("/_sim/check-in", r#"{"now":1800000060}"#).status == 200);
    assert!(client.get(&format!("/api/v3/assets/{first}")).body.windows(20).any(|w| w == b"2027-01-15T08:01:00Z"));
}

#[test]
fn custom_fields_hold_what_was_assigned_and_webhooks_tell_their_secret_once() {
    let (rmm, mut client) = rmm(RmmOptions::default());
    let device = rmm.devices()[0].id.clone();
    let field = client.get("/api/v3/customfields").json()["Data"][0]["Id"].clone();
    let item = json!({"ContextType": "Device", "ContextItemId": device, "UseDefaultValue": false, "Value": "cw:1"});
    let assign = format!("/api/v3/customfields/{field}/assign");
    let mut send = |method: &str, path: &str, body: &Value| {
        let reply = client.send(method, path, &body.to_string()).unwrap();
        (reply.status, reply.json())
    };
    assert_eq!(send("POST", &assign, &item).0, 200);
    assert_eq!(send("POST", &assign, &item).0, 400, "it is assigned");
    let own = send("GET", &format!("/api/v3/devices/{device}/customfields"), &Value::Null).1;
    assert_eq!(own["Data"], json!([{"Id": field, "Name": "External Key", "Value": "cw:1", "Type": "Text"}]));
    let row =
        send("GET", &format!("/api/v3/devices?$filter=Identifier eq '{device}'").replace(' ', "%20"), &Value::Null).1;
    assert_eq!(row["Data"][0]["HasCustomFields"], true);
    let again = json!({"ContextType": "Device", "ContextItemId": device, "Value": "cw:2"});
    assert_eq!(send("PUT", &format!("/api/v3/customfields/{field}/updateAssigned"), &again).0, 200);
    let usage = send("GET", &format!("/api/v3/customfields/{field}/usage"), &Value::Null).1;
    assert_eq!((&usage["Data"][0]["Value"], &usage["Meta"]["TotalCount"]), (&json!("cw:2"), &json!(1)));
    assert_eq!(send("POST", &format!("/api/v3/customfields/{field}/unassign"), &again).0, 200);
    let nobody = json!({"ContextType": "Device", "ContextItemId": "nobody", "Value": "x"});
    assert_eq!(send("POST", &assign, &nobody).0, 404);

    let hooks = "/api/v3/notifications/webhooks";
    let hook =
        json!({"Name": "host", "Url": "http://127.0.0.1:9/hook", "Priorities": ["Critical"], "OrganizationIds": null});
    let made = send("POST", hooks, &hook).1["Data"].clone();
    assert_eq!(made["SecretKey"].as_str().map(str::len), Some(64));
    let one = format!("{hooks}/{}", made["Id"]);
    assert!(send("GET", &one, &Value::Null).1["Data"]["SecretKey"].is_null(), "it is told once");
    let new = send("POST", &format!("{one}/regenerateSecretKey"), &Value::Null).1["Data"]["SecretKey"].clone();
    assert!(new.is_string() && new != made["SecretKey"]);
    assert_eq!(
        send("PUT", &one, &json!({"Name": "host", "Url": "http://127.0.0.1:9/", "Priorities": ["Loud"]})).0,
        400
    );
    assert_eq!(send("DELETE", &one, &Value::Null).0, 200);
    assert_eq!(send("GET", &one, &Value::Null).0, 404);

    let scope = send("GET", "/api/v3/scopes", &Value::Null).1["Data"][0]["Id"].clone();
    let seen = send("GET", &format!("/api/v3/scopes/{scope}/usage"), &Value::Null).1;
    assert_eq!(seen["Meta"]["TotalCount"], 12);
}
