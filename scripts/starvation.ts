/**
 * What a flood of exchanges under random hardware addresses leaves for new clients: how many of
 * them get a lease while it lasts, and how long after it all of them have one. For RELIABILITY.md.
 */
import { flood } from "../tests/hostile/flood.ts";

const NETWORKS = [
  { name: "/24, pool of 241", subnet: "192.168.1.0/24", pools: "192.168.1.10-192.168.1.250" },
  { name: "/16, pool of 65,023", subnet: "192.168.0.0/16", pools: "192.168.2.0-192.168.255.254" },
];
const FLOODS = [500, 5_000];
const FLOOD_SECONDS = 120;
const NEWCOMERS = 100;

for (const { name, subnet, pools } of NETWORKS) {
  for (const strangersPerSecond of FLOODS) {
    const { servedDuring, allServedAfterSeconds } = await flood({
      subnet,
      pools,
      strangersPerSecond,
      floodSeconds: FLOOD_SECONDS,
      newcomers: NEWCOMERS,
    });
    const after = allServedAfterSeconds === undefined
      ? "not within 13 hours"
      : `${allServedAfterSeconds} s after its end`;
    console.log(
      `${name}; ${strangersPerSecond} exchanges a second for ${FLOOD_SECONDS} s: ` +
        `${servedDuring} of ${NEWCOMERS} new clients served meanwhile, all of them ${after}`,
    );
  }
}
