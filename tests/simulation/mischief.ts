/** What happens to clients and to the machine, unasked, until it is told to end. */
import type { Random } from "../support/random.ts";
import {
  buildPacket,
  DECLINE,
  DISCOVER,
  octets,
  type PacketOption,
  RELEASE,
} from "../support/dhcp_packets.ts";
import type { Agenda } from "./agenda.ts";
import { drawClientId } from "./crowd.ts";
import { type DhcpClient, fromHex } from "./dhcp_client.ts";
import type { Host } from "./host.ts";
import { HOUR_MS, type Rhythm } from "./plan.ts";
import type { Referee } from "./referee.ts";
import { hex } from "./reply_checks.ts";
import { drawRules, type Identity, POOL_FIRST_HOST, type Wire } from "./premises.ts";

export interface MischiefParts {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly host: Host;
  readonly referee: Referee;
  readonly clients: readonly DhcpClient[];
  /** Who may find an address reserved for them. */
  readonly wires: readonly Wire[];
  readonly people: readonly Identity[];
  readonly count: (name: string, client?: DhcpClient) => void;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const STRANGERS_MAX = 12;
const FLOOD_DISCOVERS = 150;
const FLOOD_MS = 10 * SECOND_MS;
/** A write and its sync seldom take longer. */
const WRITING_MS = 20;
/** In no network of the place. */
const FAR_AWAY = "203.0.113.9";
/** What arrives has been handled then, unless the process gets no time. */
const HANDLED_MS = 20;

export class Mischief {
  /** Addresses that somebody has taken without asking. */
  readonly strangers = new Set<string>();
  #hasEnded = false;

  constructor(private readonly parts: MischiefParts) {}

  start(rhythm: Rhythm): void {
    const { random, agenda, clients } = this.parts;
    this.#again(rhythm.crashMs, () => this.#crash());
    this.#again(rhythm.clockStepMs, () => this.#stepClock());
    this.#again(rhythm.reloadMs, () => this.#reload());
    this.#again(rhythm.diskTroubleMs, () => this.#troubleDisk());
    this.#again(rhythm.stallMs, () => this.#stall());
    this.#again(rhythm.strangerMs, () => this.#meetStranger());
    this.#again(rhythm.floodMs, () => this.#flood());
    this.#again(rhythm.impostorMs, () => this.#impersonate());
    for (const client of clients) {
      agenda.after(random.integer(0, 5 * MINUTE_MS), () => client.powerOn());
      this.#again(rhythm.clientMs, () => this.#trouble(client));
    }
  }

  /** From now on nothing happens any more. A server that is down comes back by itself. */
  end(): void {
    const { host, clients } = this.parts;
    this.#hasEnded = true;
    for (const client of clients) client.isFickle = false;
    this.strangers.clear();
    host.isDiskFailing = false;
    host.resume();
  }

  #again(meanMs: number, act: () => void): void {
    if (meanMs === Infinity) return;
    this.parts.agenda.after(this.parts.random.waitingTime(meanMs), () => {
      if (this.#hasEnded) return;
      act();
      this.#again(meanMs, act);
    });
  }

  /** Any time, or, which is more telling, while something is being written. */
  #crash(): void {
    const { agenda, random, host } = this.parts;
    if (random.chance(0.4)) return this.#crashNow();
    host.atNextWrite(() => agenda.after(random.integer(0, WRITING_MS), () => this.#crashNow()));
  }

  #crashNow(): void {
    const { agenda, random, host, count } = this.parts;
    if (this.#hasEnded || !host.isRunning || host.isVulnerable) return;
    const kind = host.isDiskInDoubt || random.chance(0.5) ? "power-cut" : "kill";
    count(kind);
    host.crash(kind);
    const downMs = random.pick([100, 10 * SECOND_MS, MINUTE_MS, 20 * MINUTE_MS]);
    const keepsWall = random.chance(0.6);
    agenda.after(random.integer(10, downMs), () => host.comeBack(kind, keepsWall));
  }

  /** Hours or decades, either way; or NTP puts an end to it. */
  #stepClock(): void {
    const { random, host, count } = this.parts;
    // A disk that fails keeps the journal from learning of the step: see `Host.isVulnerable`.
    if (!host.isUp || host.isDiskFailing) return;
    count("clock step");
    if (random.chance(0.4)) return host.correctWall();
    const farthestMs = random.pick([3 * HOUR_MS, 48 * HOUR_MS, 40 * YEAR_MS]);
    host.stepWall(random.integer(-farthestMs, farthestMs));
  }

  #reload(): void {
    const { random, host, people, wires, count } = this.parts;
    count("reload");
    host.reload(drawRules(random, people, wires));
  }

  #troubleDisk(): void {
    const { agenda, random, host, count } = this.parts;
    if (host.isVulnerable) return;
    count("disk trouble");
    host.isDiskFailing = true;
    agenda.after(random.integer(SECOND_MS, 3 * MINUTE_MS), () => host.isDiskFailing = false);
  }

  #stall(): void {
    const { agenda, random, host, count } = this.parts;
    count("stall");
    host.isStalled = true;
    agenda.after(random.integer(10, 2 * SECOND_MS), () => host.resume());
  }

  #meetStranger(): void {
    const { random, wires, count } = this.parts;
    if (random.chance(0.3) || this.strangers.size >= STRANGERS_MAX) return this.strangers.clear();
    count("stranger");
    this.strangers.add(drawAddress(random, wires));
  }

  /** Somebody on a wire of the server asks for every address, under names that he makes up. */
  #flood(): void {
    const { agenda, random, host, wires, count } = this.parts;
    const { interfaceName } = random.pick(wires.filter((it) => it.relayAddress === undefined));
    count("flood");
    const [source, destination] = ["0.0.0.0", "255.255.255.255"];
    for (let n = 0; n < FLOOD_DISCOVERS; n++) {
      const mac = `02:66:${hex(random.bytes(4))}`;
      const xid = random.integer(0, 2 ** 32 - 1);
      const bytes = buildPacket({ xid, mac, options: [[53, Uint8Array.of(DISCOVER)]] });
      const arrival = { interfaceName, bytes, source, destination };
      agenda.after(random.integer(0, FLOOD_MS), () => host.arrive(arrival));
    }
  }

  /** Somebody beyond a router gives back, or declines, in a client's name what that one has. */
  #impersonate(): void {
    const { agenda, random, host, wires, clients, referee, count } = this.parts;
    const victim = random.pick(clients);
    const address = victim.isBound ? victim.holding?.address : undefined;
    if (address === undefined || !host.isUp) return;
    count("impostor");
    const { mac, clientId } = victim.identity;
    const isRelease = random.chance(0.5);
    const options: PacketOption[] = [[53, Uint8Array.of(isRelease ? RELEASE : DECLINE)]];
    if (!isRelease) options.push([50, octets(address)]);
    if (clientId !== undefined) options.push([61, fromHex(clientId)]);
    const ciaddr = isRelease ? address : "0.0.0.0";
    const bytes = buildPacket({ xid: random.integer(0, 2 ** 32 - 1), mac, ciaddr, options });
    const { interfaceName, serverAddress } = random.pick(wires);
    const before = host.leaseOf(address);
    host.arrive({ interfaceName, bytes, source: FAR_AWAY, destination: serverAddress });
    const isStillThere = () => victim.isBound && victim.countsOn(address);
    agenda.after(
      HANDLED_MS,
      () => referee.impersonated(before, host.leaseOf(address), isStillThere()),
    );
  }

  #trouble(client: DhcpClient): void {
    const { agenda, random, wires, count } = this.parts;
    const [name, act] = random.pick(TROUBLES);
    if (client.state === "OFF") return;
    count(`client: ${name}`, client);
    act(client, random, wires);
    agenda.after(random.integer(0, 10 * MINUTE_MS), () => client.powerOn());
  }
}

/** An address that clients are likely to have. */
function drawAddress(random: Random, wires: readonly Wire[]): string {
  return `${random.pick(wires).prefix}.${POOL_FIRST_HOST + random.integer(0, 9)}`;
}

type Act = (client: DhcpClient, random: Random, wires: readonly Wire[]) => void;

const TROUBLES: readonly (readonly [string, Act])[] = [
  ["power cycle", (client) => client.powerOff(true)],
  ["power cycle, forgets", (client) => client.powerOff(false)],
  ["moves", (client, random, wires) => client.moveTo(random.pick(wires))],
  [
    "another system",
    (client, random) =>
      client.becomes(random.chance(0.3) ? undefined : drawClientId(client.port, random)),
  ],
  ["releases", (client) => client.release()],
  ["informs", (client) => client.inform()],
  [
    "gives away what is another's",
    (client, random, wires) =>
      client.giveAwayOthers(random.chance(0.5) ? "RELEASE" : "DECLINE", drawAddress(random, wires)),
  ],
];
