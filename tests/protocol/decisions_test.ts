/** What docs/DECISIONS.md says that clients see: where Kea's own suite expects something else. */
import { DECLINE, DISCOVER, RELEASE, REQUEST } from "../support/dhcp_packets.ts";
import { macOf, SERVER, testAnswers } from "../support/engine_fixture.ts";

const A = "192.168.1.100";
const taken = [{ type: DISCOVER }, { type: REQUEST, server: SERVER, requested: A }];
const another = { mac: macOf(2), server: SERVER };

testAnswers([
  {
    name: "decision: INIT-REBOOT of a client without a record is healed, not refused",
    when: { type: REQUEST, requested: A },
    expect: `ACK ${A} (healed-unknown-client)`,
  },
  {
    name: "decision: REBINDING of a client without a record is healed",
    when: { type: REQUEST, ciaddr: A },
    expect: `ACK ${A} (healed-unknown-client)`,
  },
  {
    name: "decision: RENEWING of a client without a record is healed",
    when: { type: REQUEST, ciaddr: A, to: SERVER },
    expect: `ACK ${A} (healed-unknown-client)`,
  },
  {
    name: "decision: an offer that was forgotten is kept",
    when: { type: REQUEST, server: SERVER, requested: A },
    expect: `ACK ${A} (confirmed)`,
  },
  {
    name: "decision: another's address is refused all the same",
    after: taken,
    when: { type: REQUEST, requested: A, ...another },
    expect: "NAK (address-not-available)",
  },
  {
    name: "decision: a REQUEST about no address is dropped",
    when: { type: REQUEST },
    expect: "malformed (no-address)",
  },
  {
    name: "decision: a relay agent on no subnet of ours gets no answer",
    when: { type: DISCOVER, giaddr: "10.99.0.1" },
    expect: "silence (no-subnet)",
  },
  {
    name: "decision: a DECLINE of the holder counts without a server identifier, too",
    after: taken,
    when: { type: DECLINE, requested: A },
    expect: `quarantined ${A}`,
  },
  {
    name: "decision: a DECLINE by another client changes nothing",
    after: taken,
    when: { type: DECLINE, requested: A, ...another },
    expect: "silence (not-the-holder)",
  },
  {
    name: "decision: a RELEASE by another client changes nothing",
    after: taken,
    when: { type: RELEASE, ciaddr: A, ...another },
    expect: "silence (not-the-holder)",
  },
]);
