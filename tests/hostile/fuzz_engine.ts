/** The engine under requests that are nearly right: view, classify, respond, and the lease table. */
import assert from "node:assert/strict";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import type { Decision } from "../../src/protocol/decision.ts";
import type { Ingress } from "../../src/protocol/endpoints.ts";
import { classify } from "../../src/protocol/request.ts";
import { respond } from "../../src/protocol/respond.ts";
import { MessageView, viewMessage } from "../../src/wire/message_view.ts";
import { ReplySlab } from "../../src/wire/message_writer.ts";
import { checkReply } from "../simulation/reply_checks.ts";
import { Verdict } from "../simulation/violation.ts";
import { makeIngress } from "./hostile_ingress.ts";

/** The tour of every feature is what is under test. */
const CONFIG_FILE = new URL("../../config.example.yaml", import.meta.url).pathname;

function loadTour(): Config {
  const result = loadConfig(Deno.readTextFileSync(CONFIG_FILE), CONFIG_FILE);
  assert.ok("config" in result);
  const { config } = result;
  // With every switch trusted, option 82 comes back in every reply, and that can be checked.
  return { ...config, trustOption82: new Set(config.interfaces) };
}

const CLIENT_REPLIES: ReadonlySet<string> = new Set(["OFFER", "ACK", "NAK"]);
const STARTED_AT_MS = 1_000_000;

/** An engine with its leases, as the loop has them, and a time that the caller moves. */
export class FuzzEngine {
  readonly #config = loadTour();
  readonly #leases = new LeaseTable(this.#config.subnets);
  readonly #view = new MessageView();
  readonly #slab = new ReplySlab();
  readonly #verdict = new Verdict();
  readonly #ingresses: readonly Ingress[] = this.#config.interfaces.flatMap((name) => [
    makeIngress({ interfaceName: name }),
    makeIngress({ interfaceName: name, destination: "192.168.1.1", source: "192.168.1.100" }),
  ]);
  readonly #own = new Set(
    this.#ingresses.flatMap(({ addresses }) => addresses.map((it) => it.address)),
  );
  #nowMs = STARTED_AT_MS;
  #offersYield = false;

  constructor() {
    if (this.#config.leasequery !== undefined) this.#leases.indexHardware();
    if (this.#config.hasLimits === true) this.#leases.limits.begin();
  }

  get ingressCount(): number {
    return this.#ingresses.length;
  }

  /** Time passes; in an odd number of milliseconds, a flood begins or ends. */
  advance(ms: number): void {
    if (ms % 2 === 1) this.#offersYield = !this.#offersYield;
    this.#nowMs += ms;
    this.#leases.advance(this.#nowMs);
  }

  /** What would become of a request; changes nothing. */
  decide(bytes: Uint8Array, ingressNumber: number): Decision | string {
    const view = viewMessage(bytes, this.#view);
    if (view.kind === "malformed") return view.reason;
    const ingress = this.#ingresses[ingressNumber]!;
    const request = classify(view, ingress, this.#config.trustOption82);
    if (request.kind === "malformed") return request.reason;
    this.#slab.clear();
    return respond(request, {
      config: this.#config,
      leases: this.#leases,
      nowMs: this.#nowMs,
      startedAtMs: STARTED_AT_MS,
      ownAddresses: this.#own,
      machineAddresses: this.#own,
      offersYield: this.#offersYield,
    }, this.#slab);
  }

  /** Does what was decided, as the loop does, and judges a reply. In a word: what became of it. */
  carryOut(bytes: Uint8Array, decision: Decision | string): string {
    if (typeof decision === "string") return decision;
    if (decision.kind === "ignore") {
      for (const { client, subnet } of decision.withdraw) {
        this.#leases.withdrawOffer(client, subnet);
      }
    }
    if ("offer" in decision && decision.offer !== undefined) this.#leases.offer(decision.offer);
    if ("change" in decision) this.#leases.put(decision.change);
    if (!("reply" in decision)) return `${decision.kind} ${decision.rule}`;
    const { reply } = decision;
    // What answers a lease query is about another client, and has that one's header (RFC 4388).
    if (CLIENT_REPLIES.has(reply.type)) checkReply(bytes, reply.bytes, this.#verdict);
    if (this.#verdict.violation !== undefined) throw this.#verdict.violation;
    const size = reply.bytes.length >>> 5;
    return `${reply.type} ${decision.rule} ${reply.destination.kind} ${size}`;
  }
}
