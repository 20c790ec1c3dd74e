/**
 * The ceiling: the product's way of input and output with next to no engine in it. What a server
 * on this runtime could do at most, to hold the product against in the same run. Not for use.
 *
 *     deno run -A scripts/bench/ceiling_server.ts --address 10.0.0.1 --interface s0 \
 *       --journal FILE [--sync async|sync]
 *
 * poll -> recvmmsg of up to 64 -> an answer of fixed options, by the number in the hardware
 * address -> one write of a line for each ACK -> fdatasync, the next batch meanwhile -> sendmmsg.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { parseArgs } from "node:util";
import { MMSGHDR, SOCKADDR_IN_OCTETS, writeSockaddrIn } from "../../src/link/layouts.ts";
import { receiveMessages } from "../../src/link/libc.ts";
import { makeMessageArray, restoreHeader } from "../../src/link/message_array.ts";
import { PollSet } from "../../src/link/poll_set.ts";
import { SendSlab } from "../../src/link/send_slab.ts";
import { openServerSocket } from "../../src/link/sockets.ts";
import { parseIpv4, readIpv4, writeIpv4 } from "../../src/wire/ipv4.ts";

const BATCH_MAX = 64;
const REPLY_OCTETS = 300;
const FIRST_ADDRESS = 0x0a01_0000;
const [OFFER, ACK] = [2, 5];
/** Offsets of RFC 2131 figure 1; the generator sends option 53 first. */
const [OP, XID, YIADDR, GIADDR, CHADDR, OPTIONS] = [0, 4, 16, 24, 28, 240];

const { values } = parseArgs({
  options: {
    address: { type: "string", default: "10.0.0.1" },
    interface: { type: "string", default: "s0" },
    journal: { type: "string", default: "ceiling.jsonl" },
    sync: { type: "string", default: "async" },
  },
});
const server = parseIpv4(values.address)!;
const fd = openServerSocket(values.interface, 67);
const pollSet = new PollSet([fd], []);
const received = makeMessageArray({
  count: BATCH_MAX,
  messageOctets: 2048,
  nameOctets: 0,
  controlOctets: 0,
});
const journal = await Deno.open(values.journal, { create: true, write: true, truncate: true });
const encoder = new TextEncoder();

/** The options of every reply but for their type and the server's address. */
function makeTemplate(): Uint8Array {
  const bytes = new Uint8Array(REPLY_OCTETS);
  bytes.set([2, 1, 6, 0]);
  bytes.set([99, 130, 83, 99, 53, 1, 0, 54, 4, 0, 0, 0, 0, 51, 4, 0, 0, 14, 16], 236);
  bytes.set([1, 4, 255, 0, 0, 0, 3, 4, 10, 0, 0, 1, 6, 4, 10, 0, 0, 1, 255], 255);
  writeIpv4(bytes, 245, server);
  return bytes;
}

const template = makeTemplate();
/** OFFERs leave at once, ACKs with their group; so there are two slabs, and some to take turns. */
const makeSlab = () => new SendSlab(SOCKADDR_IN_OCTETS, 0, () => {});
const offers = makeSlab();
const idleSlabs: SendSlab[] = [];

function answer(request: Uint8Array, type: number, slab: SendSlab): void {
  const slot = slab.next(fd);
  writeSockaddrIn(slab.array.names, slot * SOCKADDR_IN_OCTETS, readIpv4(request, GIADDR), 67);
  const reply = slab.message(slot);
  reply.set(template);
  reply.set(request.subarray(XID, XID + 4), XID);
  reply.set(request.subarray(GIADDR, GIADDR + 20), GIADDR);
  reply[OPTIONS + 2] = type;
  writeIpv4(reply, YIADDR, FIRST_ADDRESS + readIpv4(request, CHADDR + 2));
  slab.add(slot, REPLY_OCTETS, values.interface);
}

let pendingLines = "";
let pendingSlabs: SendSlab[] = [];
let isSyncing = false;

/** Writes and syncs all that is pending, and then what came meanwhile. */
async function sync(): Promise<void> {
  isSyncing = true;
  while (pendingSlabs.length > 0) {
    const slabs = pendingSlabs;
    journal.writeSync(encoder.encode(pendingLines));
    pendingLines = "";
    pendingSlabs = [];
    if (values.sync === "sync") journal.syncDataSync();
    else await journal.syncData();
    for (const slab of slabs) slab.flush();
    idleSlabs.push(...slabs);
  }
  isSyncing = false;
}

for (;;) {
  await nextTurn();
  if (!pollSet.look()) await pollSet.wait();
  const count = receiveMessages(fd, received.headers, BATCH_MAX);
  if (typeof count === "string") continue;
  const acks = idleSlabs.pop() ?? makeSlab();
  let lines = "";
  for (let slot = 0; slot < count; slot++) {
    const octets = received.headerView.getUint32(
      slot * MMSGHDR.octets + MMSGHDR.messageLength,
      true,
    );
    const request = received.slots[slot]!;
    restoreHeader(received, slot);
    if (octets < OPTIONS + 3 || request[OP] !== 1) continue;
    if (request[OPTIONS + 2] === 1) {
      answer(request, OFFER, offers);
      continue;
    }
    answer(request, ACK, acks);
    const client = readIpv4(request, CHADDR + 2);
    lines += `{"at":"2026-01-01T00:00:00.000Z","address":"10.1.0.0","state":"bound",` +
      `"expires":"2026-01-01T01:00:00.000Z","mac":"${client}"}\n`;
  }
  offers.flush();
  if (lines === "") {
    idleSlabs.push(acks);
    continue;
  }
  pendingLines += lines;
  pendingSlabs.push(acks);
  if (!isSyncing) void sync();
}
