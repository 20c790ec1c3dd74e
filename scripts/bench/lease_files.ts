/**
 * The lease files of every server with leases in them, so that a server can be started with as
 * many as one likes. Client n (its hardware address is `hardwareAddressOf(n)`) has the n-th address
 * from `FIRST_ADDRESS` on, for another hour.
 */
import { makeClient } from "../../src/leases/lease.ts";
import { encodeHeader, encodeLease } from "../../src/store/journal_format.ts";
import { formatHex } from "../../src/wire/hex.ts";
import { formatIpv4, writeIpv4 } from "../../src/wire/ipv4.ts";
import { FIRST_ADDRESS } from "./lab.ts";
import { hardwareAddressOf } from "./messages.ts";

const LEASE_SECONDS = 3_600;
const LINES_PER_WRITE = 4_096;

interface Seed {
  readonly address: number;
  readonly mac: string;
}

/** Writes a lease file of `count` leases. */
export type WriteLeases = (path: string, count: number) => Promise<void>;

/** Writes a head, and a text for each lease. */
async function writeTexts(
  path: string,
  count: number,
  head: string,
  textOf: (seed: Seed) => string,
): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const writer = new TextEncoder();
  let text = head;
  for (let client = 0; client < count; client++) {
    text += textOf({
      address: FIRST_ADDRESS + client,
      mac: formatHex(hardwareAddressOf(client)),
    });
    if (client % LINES_PER_WRITE > 0) continue;
    await writeAll(file, writer.encode(text));
    text = "";
  }
  await writeAll(file, writer.encode(text));
  await file.sync(); // so that nothing of it is written while the server is measured
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

/** As executables wrote it up to 0.1.0: no line has a check of itself. */
export const writeUncheckedJournal: WriteLeases = (path, count) =>
  writeJournal(path, count, (line) => line.replace(/,"sum":"[0-9a-f]{8}"(?=}\n$)/, ""));

export const writeSubletJournal: WriteLeases = (path, count) =>
  writeJournal(path, count, (line) => line);

function writeJournal(
  path: string,
  count: number,
  change: (line: string) => string,
): ReturnType<WriteLeases> {
  const nowMs = Date.now();
  const [updatedAtMs, expiresAtMs] = [nowMs, nowMs + LEASE_SECONDS * 1000];
  return writeTexts(path, count, change(encodeHeader(nowMs)), ({ address, mac }) => {
    const client = makeClient(1, mac, `01:${mac}`);
    return change(encodeLease({ address, client, state: "bound", updatedAtMs, expiresAtMs }, 0));
  });
}

const KEA_COLUMNS = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev," +
  "hostname,state,user_context\n";

export const writeKeaCsv: WriteLeases = (path, count) => {
  const expire = Math.floor(Date.now() / 1000) + LEASE_SECONDS;
  return writeTexts(
    path,
    count,
    KEA_COLUMNS,
    ({ address, mac }) =>
      `${formatIpv4(address)},${mac},01:${mac},${LEASE_SECONDS},${expire},1,0,0,,0,\n`,
  );
};

export const writeDhcpdLeases: WriteLeases = (path, count) => {
  const [starts, ends] = [dhcpdTime(Date.now()), dhcpdTime(Date.now() + LEASE_SECONDS * 1000)];
  return writeTexts(path, count, "authoring-byte-order little-endian;\n", ({ address, mac }) => {
    const octets = [1, ...mac.split(":").map((octet) => Number.parseInt(octet, 16))];
    const uid = octets.map((octet) => `\\${octet.toString(8).padStart(3, "0")}`).join("");
    return `lease ${formatIpv4(address)} {\n  starts ${starts};\n  ends ${ends};\n` +
      `  binding state active;\n  hardware ethernet ${mac};\n  uid "${uid}";\n}\n`;
  });
};

/** dhcpd.leases(5): the day of the week, then UTC. */
function dhcpdTime(wallMs: number): string {
  const date = new Date(wallMs);
  return `${date.getUTCDay()} ` + date.toISOString().slice(0, 19).replaceAll("-", "/")
    .replace("T", " ");
}

export const writeDnsmasqLeases: WriteLeases = (path, count) => {
  const expires = Math.floor(Date.now() / 1000) + LEASE_SECONDS;
  return writeTexts(
    path,
    count,
    "",
    ({ address, mac }) => `${expires} ${mac} ${formatIpv4(address)} * 01:${mac}\n`,
  );
};

/** BusyBox's struct dyn_lease: what is left, address, hardware address, a name of 20, padding. */
const UDHCPD_RECORD_OCTETS = 36;

export const writeUdhcpdLeases: WriteLeases = async (path, count) => {
  const bytes = new Uint8Array(8 + count * UDHCPD_RECORD_OCTETS);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(Math.floor(Date.now() / 1000)));
  for (let client = 0; client < count; client++) {
    const at = 8 + client * UDHCPD_RECORD_OCTETS;
    writeIpv4(bytes, at, LEASE_SECONDS);
    writeIpv4(bytes, at + 4, FIRST_ADDRESS + client);
    bytes.set(hardwareAddressOf(client), at + 8);
  }
  await Deno.writeFile(path, bytes);
};
