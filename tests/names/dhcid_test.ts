/** DHCID (RFC 4701 §3.6 has three examples, in Base64). */
import assert from "node:assert/strict";
import { makeClient } from "../../src/leases/lease.ts";
import { dhcidOf } from "../../src/names/dhcid.ts";

const base64 = (octets: Uint8Array) => octets.toBase64();
const MAC = "01:02:03:04:05:06";

Deno.test("DHCID, RFC 4701 §3.6.3: a client without client identifier", () => {
  const client = makeClient(1, MAC, undefined);
  assert.equal(
    base64(dhcidOf(client, "client.example.com")),
    "AAABxLmlskllE0MVjd57zHcWmEH3pCQ6VytcKD//7es/deY=",
  );
});

Deno.test("DHCID, RFC 4701 §3.6.2: a client identifier", () => {
  const client = makeClient(1, MAC, "01:07:08:09:0a:0b:0c");
  assert.equal(
    base64(dhcidOf(client, "chi.example.com")),
    "AAEBOSD+XR3Os/0LozeXVqcNc7FwCfQdWL3b/NaiUDlW2No=",
  );
});

Deno.test("DHCID, RFC 4701 §3.6.1: a DUID, which RFC 4361 puts behind an IAID in option 61", () => {
  const duid = "00:01:00:06:41:2d:f1:66:01:02:03:04:05:06";
  const client = makeClient(1, MAC, `ff:00:00:00:01:${duid}`);
  assert.equal(
    base64(dhcidOf(client, "chi6.example.com")),
    "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=",
  );
});
