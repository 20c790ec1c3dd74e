/** Names that reservations give: in DNS before their clients come, under one mark whoever asks. */
import assert from "node:assert/strict";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import { putRecords } from "../../src/names/dns_records.ts";
import { HostsFile } from "../../src/names/hosts_file.ts";
import type { NameChange, NamedLease } from "../../src/names/registration.ts";
import { ReservedNames } from "../../src/names/reserved_names.ts";
import type { Update } from "../../src/names/dns_update_message.ts";
import { makeClient } from "../../src/leases/lease.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";
import { ip, type LeaseSketch, makeLease, makeSubnet } from "../support/leases_fixture.ts";
import { loadedConfig } from "../support/loaded_config.ts";

const MAC = "b8:27:eb:00:00:01";
const NAS = "nas.home.arpa";
const OWN = makeClient(1, MAC, undefined);
const BY_ID = makeClient(1, MAC, "01:02:03");
const STRANGER = makeClient(1, "b8:27:eb:00:00:99", undefined);

function setUp(leases: readonly LeaseSketch[] = []) {
  const table = new LeaseTable([makeSubnet({ subnet: "10.0.0.0/24" })]);
  for (const lease of leases) table.put(makeLease({ expiresAtMs: 1e9, ...lease }));
  table.advance(1_000);
  const reserved = new ReservedNames(
    [
      { address: ip("10.0.0.9"), name: NAS, mac: MAC },
      { address: ip("10.0.0.7"), name: "cam.home.arpa" },
    ],
    table,
    () => 1_000,
  );
  return { table, reserved };
}

const named = (sketch: LeaseSketch & { name: string }) => makeLease(sketch) as NamedLease;
const tell = ({ address, gone, come }: NameChange) =>
  `${formatIpv4(address)} ${gone?.name ?? "-"} -> ${come?.name ?? "-"}`;

Deno.test("a reserved name stands while nobody has its address, nor the name elsewhere", () => {
  const names = (leases: readonly LeaseSketch[]) =>
    Array.from(setUp(leases).reserved.standIns(), ({ name }) => name);
  assert.deepEqual(names([]), [NAS, "cam.home.arpa"]);
  assert.deepEqual(names([{ address: "10.0.0.9", client: STRANGER }]), ["cam.home.arpa"]);
  assert.deepEqual(names([{ address: "10.0.0.50", client: OWN, name: NAS }]), ["cam.home.arpa"]);
  assert.deepEqual(Array.from(setUp().reserved.marked(), ({ name }) => name), [NAS]);
});

Deno.test("a lease with a reserved name is in DNS under the mark of the reservation", () => {
  const { reserved } = setUp();
  const lease = named({ address: "10.0.0.9", client: BY_ID, name: NAS });
  assert.equal(reserved.registered(lease).client.key, OWN.key);
  assert.equal(reserved.registered(lease).formerClient, BY_ID);
  const other = named({ address: "10.0.0.8", client: BY_ID, name: "pi.home.arpa" });
  assert.equal(reserved.registered(other), other);
});

Deno.test("its client comes and goes: the name stays", () => {
  const lease = named({ address: "10.0.0.9", client: BY_ID, name: NAS });
  const { reserved, table } = setUp([{ address: "10.0.0.9", client: BY_ID, name: NAS }]);
  const come = { address: lease.address, gone: undefined, come: lease };
  assert.deepEqual(reserved.changesOf(come).map(tell), [`10.0.0.9 - -> ${NAS}`]);
  table.put({ ...lease, state: "released", expiresAtMs: 1_000 });
  const gone = { address: lease.address, gone: lease, come: undefined };
  assert.deepEqual(reserved.changesOf(gone).map(tell), [], "nothing is to be changed");
});

Deno.test("a stranger at its address, and the client at another one: the name follows the client", () => {
  const stranger = { address: "10.0.0.9", client: STRANGER };
  const { reserved, table } = setUp([stranger]);
  const nobodys = { address: ip("10.0.0.9"), gone: undefined, come: undefined };
  assert.deepEqual(reserved.changesOf(nobodys).map(tell), [`10.0.0.9 ${NAS} -> -`]);
  const lease = named({ address: "10.0.0.50", client: OWN, name: NAS, expiresAtMs: 1e9 });
  table.put(lease);
  assert.deepEqual(
    reserved.changesOf({ address: lease.address, gone: undefined, come: lease }).map(tell),
    [`10.0.0.50 - -> ${NAS}`, `10.0.0.9 ${NAS} -> -`],
  );
  for (const { state, ...held } of [lease, makeLease(stranger)]) {
    assert.equal(state, "bound");
    table.put({ ...held, state: "released", expiresAtMs: 1_000 });
  }
  assert.deepEqual(
    reserved.changesOf({ address: lease.address, gone: lease, come: undefined }).map(tell),
    [`10.0.0.50 ${NAS} -> -`, `10.0.0.9 - -> ${NAS}`],
  );
});

Deno.test("a name that is in DNS under the client's identifier goes under the reservation's mark", async () => {
  const lease = setUp().reserved.registered(
    named({ address: "10.0.0.9", client: BY_ID, name: NAS }),
  );
  const updates: Update[] = [];
  const verdict = await putRecords(lease, { zones: ["home.arpa"], ttlSeconds: 60 }, (update) => {
    updates.push(update);
    const isNew = update.prerequisites.some((it) => it.class === "NONE");
    // Of the round that names the client's own identifier.
    const isFormer = update.prerequisites.length === 1 && !isNew;
    return Promise.resolve(isNew ? "YXDOMAIN" : isFormer ? "NOERROR" : "NXRRSET");
  });
  assert.equal(verdict, "done");
  const types = updates.at(-1)!.changes.map((it) => `${it.class} ${it.type}`);
  assert.deepEqual(types, ["ANY A", "ANY DHCID", "IN A", "IN DHCID"]);
});

Deno.test("names of reservations are told with the domain of their subnet, and their first MAC", () => {
  const { nameServices } = loadedConfig(
    "interfaces: eth0",
    "names: { domain: home.arpa, hosts-file: /nowhere/hosts, hosts-file-names: both }",
    "subnets:",
    "  - subnet: 10.0.0.0/24",
    "    reservations:",
    `      - { mac: [${MAC}, b8:27:eb:00:00:02], address: 10.0.0.9, hostname: NAS }`,
    "      - { client-id: '01:02', address: 10.0.0.8, hostname: pi }",
    "      - { mac: b8:27:eb:00:00:03, hostname: roaming }",
    "      - { circuit-id: eth1, address: 10.0.0.7, hostname: cam }",
    "  - subnet: 10.0.1.0/24",
    "    names: { domain: guest.arpa }",
    "    reservations: [{ mac: b8:27:eb:00:00:04, address: 10.0.1.9, hostname: nas }]",
    "  - subnet: 10.0.2.0/24",
    "    names: off",
    "    reservations: [{ mac: b8:27:eb:00:00:05, address: 10.0.2.9, hostname: off }]",
  );
  assert.deepEqual(nameServices!.reserved, [
    { address: ip("10.0.0.9"), name: NAS, mac: MAC },
    { address: ip("10.0.0.8"), name: "pi.home.arpa", clientId: "01:02" },
    { address: ip("10.0.0.7"), name: "cam.home.arpa" },
    { address: ip("10.0.1.9"), name: "nas.guest.arpa", mac: "b8:27:eb:00:00:04" },
  ]);
  assert.equal(nameServices!.hostsFile!.names, "both");
});

Deno.test("short names in the hosts file, of the one domain: of two domains they could be the same", async () => {
  const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
  const directory = await Deno.makeTempDir();
  for (
    const [names, expected] of [
      ["full", ["10.0.0.1\tpi.home.arpa", "10.0.0.2\tpi.guest.arpa"]],
      ["short", ["10.0.0.1\tpi", "10.0.0.2\tpi.guest.arpa"]],
      ["both", ["10.0.0.1\tpi.home.arpa pi", "10.0.0.2\tpi.guest.arpa"]],
    ] as const
  ) {
    const path = `${directory}/${names}`;
    const file = new HostsFile({
      path,
      intervalSeconds: 1,
      names,
      domain: "home.arpa",
      clock,
      named: () => [
        named({ address: "10.0.0.1", name: "pi.home.arpa" }),
        named({ address: "10.0.0.2", name: "pi.guest.arpa" }),
      ],
      notify: () => {},
    });
    await file.close();
    assert.deepEqual((await Deno.readTextFile(path)).trim().split("\n").slice(1), expected);
  }
  await Deno.remove(directory, { recursive: true });
});
