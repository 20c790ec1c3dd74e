/** The status endpoint: read-only, for a person with `curl` and for programs. */
import { Hono } from "hono";
import type { StatusEndpoint } from "../config/config.ts";
import type { StatusSource } from "../server/status.ts";
import { escapeInvisible, stringifyVisibly } from "../wire/escape.ts";
import { guard, setSecurityHeaders } from "./guard.ts";
import { instantOf, leasesAsJson } from "./lease_view.ts";
import { formatMetrics, METRICS_TYPE } from "./metrics_text.ts";
import { Turns } from "./turns.ts";
import { findTrouble, formatStatus, reportStatus } from "./status_report.ts";

const ENDPOINTS = `  /         a page for a terminal; JSON for a browser
  /status   everything, as JSON
  /leases   every lease, as JSON
  /metrics  counters and gauges, for Prometheus
  /healthz  "ok", or 503 and the reason
`;

/**
 * Makes the app. It reads `source` at each request and changes nothing; `endpoint` says whom it
 * answers.
 */
export function createApp(
  source: StatusSource,
  endpoint: Pick<StatusEndpoint, "token" | "names">,
): Hono {
  const app = new Hono();
  const turns = new Turns();

  app.use((_, next) => turns.take(next));
  app.use(setSecurityHeaders);
  app.use(guard(endpoint));

  app.get("/", (context) =>
    // curl, wget and HTTPie accept anything; a browser asks for text/html by name.
    context.req.header("Accept")?.includes("text/html")
      ? statusAsJson(source)
      : context.text(formatStatus(source)));

  app.get("/status", () => statusAsJson(source));

  app.get("/metrics", (context) => {
    context.header("Content-Type", METRICS_TYPE);
    return context.body(formatMetrics(source));
  });

  app.get("/leases", () => {
    const { subnets } = source.config();
    const lines = leasesAsJson(source.leases.records(), instantOf(source.clock), subnets);
    return json(streamOf(lines, turns));
  });

  // 503 only in an outage: it is what a watchdog restarts or pages for, and an interface that
  // waits for its cable beside others that serve is no reason for either.
  app.get("/healthz", (context) => {
    const trouble = findTrouble(source);
    if (trouble === undefined) return context.text("ok\n");
    const reason = escapeInvisible(trouble.reason);
    return trouble.outage
      ? context.text(`${reason}\n`, 503)
      : context.text(`degraded: ${reason}\n`);
  });

  for (const { path } of [...app.routes].filter(({ method }) => method === "GET")) {
    app.all(path, (context) => {
      context.header("Allow", "GET, HEAD");
      return context.text("this endpoint is read-only: use GET\n", 405);
    });
  }

  app.notFound((context) => context.text(`nothing here. There is:\n${ENDPOINTS}`, 404));

  return app;
}

function statusAsJson(source: StatusSource): Response {
  return json(`${stringifyVisibly(reportStatus(source), 2)}\n`);
}

/** Lines as a stream of pieces, each made in a turn when the client has taken the one before. */
function streamOf(lines: Iterator<string>, turns: Turns): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    let piece = "";
    let isLast: boolean | undefined;
    do {
      const { value, done } = lines.next();
      piece += value ?? "";
      isLast = done;
    } while (isLast !== true && !turns.isOver());
    if (piece !== "") controller.enqueue(encoder.encode(piece));
    if (isLast === true) controller.close();
  };
  return new ReadableStream({ pull: (it) => turns.take(() => pull(it)) }, { highWaterMark: 0 });
}

function json(body: BodyInit): Response {
  return new Response(body, { headers: { "Content-Type": "application/json" } });
}
