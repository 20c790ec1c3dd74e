/** What became of a request, as an event. */
import type { Decision, Rule } from "../protocol/decision.ts";
import type { Request } from "../protocol/request.ts";
import type { ExchangeEvent, Outcome } from "./events.ts";

/** The event of a request that was decided so, by the decision's own rule unless told. */
export function describeExchange(
  request: Request,
  decision: Decision,
  rule: Rule = decision.rule,
): ExchangeEvent {
  const { view, client, hostname, ingress, relayInformation } = request;
  const { giaddr } = view;
  const address = decision.kind === "ignore"
    ? undefined
    : decision.kind === "change"
    ? decision.change.address
    : decision.address;
  const gives = "reply" in decision;
  return {
    kind: "exchange",
    interfaceName: ingress.interfaceName,
    request: request.kind,
    xid: view.xid,
    client,
    relay: giaddr === 0 ? undefined : giaddr,
    relayInformation,
    hostname,
    outcome: outcomeOf(decision),
    rule,
    address,
    classes: decision.classes,
    leaseSeconds: gives ? decision.leaseSeconds : undefined,
  };
}

function outcomeOf(decision: Decision): Outcome {
  switch (decision.kind) {
    case "ignore":
      return "silence";
    case "change":
      return decision.change.state === "declined" ? "quarantined" : "released";
    case "reply":
    case "reply-after-commit":
    case "reply-when-durable":
      return decision.reply.type;
  }
}
