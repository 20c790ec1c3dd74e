/** The plots of a report: SVG that can be read on a dark page and on a light one. */
import { medianOf, pointsOf, type Results } from "./results.ts";
import { formatFigure } from "./report.ts";
import { SERVERS } from "./servers.ts";

const WIDTH = 760;
const STYLE = `<style>
  svg { --paper: #ffffff; --ink: #1c2024; --faint: #d5d9de; --a: #0b6bcb; --b: #c2410c; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #14181d; --ink: #e6e9ed; --faint: #39414a; --a: #5ab0ff; --b: #ff9d5c; }
  }
  .paper { fill: var(--paper); } .faint { stroke: var(--faint); }
  .a { fill: var(--a); } .b { fill: var(--b); }
  .line-a { stroke: var(--a); } .line-b { stroke: var(--b); }
  path { fill: none; stroke-width: 2.5; }
  text { fill: var(--ink); font: 13px system-ui, sans-serif; }
  .title { font-size: 16px; font-weight: 600; } .end { text-anchor: end; }
  .middle { text-anchor: middle; }
</style>`;

export interface Plot {
  readonly name: string;
  readonly svg: string;
}

/** Every plot that the results have figures for. */
export function plots(results: Results): Plot[] {
  const of = (measure: string, key: string) =>
    SERVERS.flatMap(({ id, label }) => {
      const value = medianOf(results, { measure, server: id }, key);
      // What nobody got an answer in has no place on a logarithmic scale.
      if (value === undefined || value <= 0) return [];
      return [{ label, value, isOurs: id.startsWith("sublet") }];
    });
  const many = of("relay-1024", "rate");
  // Slow servers are spared so many at once.
  const few = of("relay-32", "rate").filter(({ label }) => many.every((it) => it.label !== label));
  const rates = [...many, ...few];
  const latencies = of("rate-200", "p50Ms");
  const lines = ["sublet", "kea"].map((id) => ({
    label: SERVERS.find((kind) => kind.id === id)!.label,
    points: pointsOf(results, "leases").flatMap((at) => {
      const value = medianOf(results, { measure: "leases", server: id, at }, "cpuMsPer1000");
      return value === undefined ? [] : [{ at, value }];
    }),
  })).filter(({ points }) => points.length > 0);
  const made: Plot[] = [];
  const add = (name: string, svg: string) => made.push({ name: `benchmark_${name}.svg`, svg });
  if (rates.length > 0) {
    add("rates", bars("Exchanges a second, closed loop (logarithmic)", rates));
  }
  if (latencies.length > 0) {
    add("latency", bars("Median ms of an exchange at 200 a second (logarithmic)", latencies));
  }
  if (lines.length > 0) {
    add("leases", curves("CPU ms for 1,000 renewals, by the number of leases", lines));
  }
  return made;
}

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly isOurs: boolean;
}

const BAR = { top: 52, height: 22, step: 32, left: 130, right: 90 };

/** Horizontal bars on a logarithmic scale, with a line at each power of ten. */
export function bars(title: string, values: readonly Bar[]): string {
  const least = 10 ** Math.floor(Math.log10(Math.min(...values.map(({ value }) => value))));
  const most = Math.max(...values.map(({ value }) => value), least * 10);
  const span = WIDTH - BAR.left - BAR.right;
  const x = (value: number) => BAR.left + span * Math.log(value / least) / Math.log(most / least);
  const bottom = BAR.top + values.length * BAR.step;
  const parts: string[] = [];
  for (let tick = least; tick <= most; tick *= 10) {
    parts.push(
      `<line class="faint" x1="${round(x(tick))}" x2="${round(x(tick))}" y1="${BAR.top - 8}" ` +
        `y2="${bottom}"/>`,
      `<text class="middle" x="${round(x(tick))}" y="${bottom + 16}">${formatFigure(tick)}</text>`,
    );
  }
  for (const [i, { label, value, isOurs }] of values.entries()) {
    const y = BAR.top + i * BAR.step;
    const middle = y + BAR.height / 2 + 5;
    // The least value would have no bar at all where it is a power of ten.
    const width = Math.max(2, x(value) - BAR.left);
    parts.push(
      `<text class="end" x="${BAR.left - 10}" y="${middle}">${escapeXml(label)}</text>`,
      `<rect class="${isOurs ? "a" : "b"}" x="${BAR.left}" y="${y}" rx="2" ` +
        `width="${round(width)}" height="${BAR.height}"/>`,
      `<text x="${round(BAR.left + width + 8)}" y="${middle}">${formatFigure(value)}</text>`,
    );
  }
  return document(title, bottom + 28, parts);
}

interface Curve {
  readonly label: string;
  readonly points: readonly { readonly at: number; readonly value: number }[];
}

const AREA = { top: 52, bottom: 300, left: 60, right: 110 };
const TICKS = 4;

/** Lines over a logarithmic axis; the vertical one is linear and begins at 0. */
export function curves(title: string, lines: readonly Curve[]): string {
  const all = lines.flatMap(({ points }) => points);
  const [first, last] = [
    Math.min(...all.map(({ at }) => at)),
    Math.max(...all.map(({ at }) => at)),
  ];
  const top = niceAbove(Math.max(...all.map(({ value }) => value)));
  const span = WIDTH - AREA.left - AREA.right;
  const scale = Math.log(Math.max(last / first, 10));
  const x = (at: number) => AREA.left + span * Math.log(at / first) / scale;
  const y = (value: number) => AREA.bottom - (AREA.bottom - AREA.top) * value / top;
  const parts: string[] = [];
  for (let tick = 0; tick <= TICKS; tick++) {
    const value = top * tick / TICKS;
    const at = round(y(value));
    parts.push(
      `<line class="faint" x1="${AREA.left}" x2="${WIDTH - AREA.right}" y1="${at}" y2="${at}"/>`,
      `<text class="end" x="${AREA.left - 8}" y="${round(at + 4)}">${formatFigure(value)}</text>`,
    );
  }
  for (const at of new Set(all.map(({ at }) => at))) {
    const where = `x="${round(x(at))}" y="${AREA.bottom + 20}"`;
    parts.push(`<text class="middle" ${where}>${at.toLocaleString("en-US")}</text>`);
  }
  for (const [i, { label, points }] of lines.entries()) {
    const name = i === 0 ? "a" : "b";
    const places = points.map(({ at, value }) => `${round(x(at))} ${round(y(value))}`);
    parts.push(`<path class="line-${name}" d="M${places.join(" L")}"/>`);
    for (const place of places) {
      const [cx, cy] = place.split(" ");
      parts.push(`<circle class="${name}" cx="${cx}" cy="${cy}" r="4"/>`);
    }
    const end = points.at(-1)!;
    const where = `x="${round(x(end.at) + 10)}" y="${round(y(end.value) + 5)}"`;
    parts.push(`<text ${where}>${escapeXml(label)} ${formatFigure(end.value)}</text>`);
  }
  return document(title, AREA.bottom + 34, parts);
}

/** 1, 2 or 5 times a power of ten, not below the value. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value)!;
}

function document(title: string, height: number, parts: readonly string[]): string {
  const name = escapeXml(title);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ` +
    `width="${WIDTH}" height="${height}" role="img" aria-label="${name}">\n` +
    `${STYLE}\n<rect class="paper" width="100%" height="100%" rx="8"/>\n` +
    `<text class="title" x="20" y="30">${name}</text>\n${parts.join("\n")}\n</svg>\n`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
