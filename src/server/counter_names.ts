/**
 * The names of all counters, from the start on with 0: a counter that appears with its first event
 * hides that event from whoever looks at differences, as Prometheus does. A name that is missing
 * here is an error of types.
 */
import type { RequestKind } from "../protocol/request.ts";
import type { Rule } from "../protocol/decision.ts";
import type { DropEvent, Outcome } from "./events.ts";

export const REQUESTS: Readonly<Record<RequestKind, 0>> = {
  DISCOVER: 0,
  SELECTING: 0,
  "INIT-REBOOT": 0,
  RENEWING: 0,
  REBINDING: 0,
  DECLINE: 0,
  RELEASE: 0,
  INFORM: 0,
  BOOTP: 0,
  LEASEQUERY: 0,
};

export const OUTCOMES: Readonly<Record<Outcome, 0>> = {
  OFFER: 0,
  ACK: 0,
  NAK: 0,
  BOOTREPLY: 0,
  LEASEUNASSIGNED: 0,
  LEASEUNKNOWN: 0,
  LEASEACTIVE: 0,
  silence: 0,
  released: 0,
  quarantined: 0,
  lost: 0,
};

export const RULES: Readonly<Record<Rule, 0>> = {
  reservation: 0,
  "current-binding": 0,
  "outstanding-offer": 0,
  "previous-binding": 0,
  "requested-address": 0,
  "free-address": 0,
  "quarantined-address": 0,
  "oldest-offer": 0,
  renewed: 0,
  "renewed-unwritten": 0,
  confirmed: 0,
  "healed-unknown-client": 0,
  "options-only": 0,
  "ipv6-only-preferred": 0,
  "no-address-left": 0,
  "lease-active": 0,
  "lease-unassigned": 0,
  "lease-unknown": 0,
  "boot-data-only": 0,
  "wrong-network": 0,
  "address-not-available": 0,
  "not-the-clients-address": 0,
  "not-for-its-classes": 0,
  "limit-reached": 0,
  released: 0,
  quarantined: 0,
  "no-subnet": 0,
  "relay-not-allowed": 0,
  "off-link": 0,
  "leasequery-not-allowed": 0,
  denied: 0,
  "pool-exhausted": 0,
  "other-server-chosen": 0,
  "unknown-client": 0,
  "not-the-holder": 0,
  conflict: 0,
  "bootp-not-served": 0,
  "proxy-dhcp": 0,
  "rate-limited": 0,
  "no-room": 0,
  "too-early": 0,
  overloaded: 0,
};

export const DROPS: Readonly<Record<DropEvent["reason"], 0>> = {
  "too-short": 0,
  "not-a-request": 0,
  "bad-hardware-length": 0,
  "truncated-option": 0,
  "bad-overload": 0,
  "bad-message-type": 0,
  "bad-option-length": 0,
  "no-address": 0,
  "no-client-identity": 0,
  "rate-limited": 0,
  "own-search": 0,
};
