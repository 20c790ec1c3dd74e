/** config.schema.json, which editors read, and config.example.yaml, which people read. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import * as z from "zod";
import { isSchemaFresh, renderSchema } from "../../scripts/write_schema.ts";
import { loadConfig } from "../../src/config/load.ts";
import { configSchema } from "../../src/config/schema.ts";
import { OPTIONS } from "../../src/wire/option_codes.ts";

const EXAMPLE = Deno.readTextFileSync(new URL("../../config.example.yaml", import.meta.url));

/** As much of JSON Schema as the tests look at. */
interface JsonSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
}

const written = JSON.parse(renderSchema()) as JsonSchema;

Deno.test("config.schema.json is fresh", () => {
  assert.ok(isSchemaFresh(), "run the task `schema`");
});

Deno.test("every key of config.schema.json is described", () => {
  let keyCount = 0;
  const visit = (schema: JsonSchema, path: string) => {
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      assert.ok((property.description ?? "") !== "", `${path}.${key}`);
      keyCount++;
      visit(property, `${path}.${key}`);
    }
    if (schema.items !== undefined) visit(schema.items, `${path}[]`);
    for (const branch of [...schema.anyOf ?? [], ...schema.oneOf ?? []]) visit(branch, path);
    for (const [name, each] of Object.entries(schema.definitions ?? {})) visit(each, name);
  };
  visit(written, "config");
  assert.ok(keyCount > 100);
});

Deno.test("config.schema.json has the options that an operator may set, and `other`", () => {
  const names = OPTIONS.filter(({ owner }) => owner === "operator").map(({ name }) => name);
  const properties = written.definitions!["options"]!.properties!;
  assert.deepEqual(Object.keys(properties), [...names, "other"]);
  assert.match(properties["routers"]!.description!, /^Option 3, RFC 2132 §3\.5: IPv4 addresses/);
});

Deno.test("config.example.yaml loads, with nothing to mind", () => {
  const result = loadConfig(EXAMPLE, "config.example.yaml");
  assert.deepEqual("config" in result ? result.warnings : result.problems, []);
});

Deno.test("config.example.yaml names its schema to editors, on the first line", () => {
  assert.match(EXAMPLE, /^# yaml-language-server: \$schema=\.\/config\.schema\.json\n/);
});

Deno.test("config.example.yaml shows every key but those of single options", () => {
  const keys = new Set(EXAMPLE.match(/[a-z][a-z0-9-]*(?=:)/g));
  const subnet = written.properties!["subnets"]!.items!.properties!;
  const wanted = [
    ...Object.keys(configSchema.shape),
    ...Object.keys(subnet),
    ...Object.keys(subnet["reservations"]!.items!.properties!),
    ...["default", "min", "max", "listen", "other", "code", "type", "value"],
  ];
  assert.deepEqual(wanted.filter((key) => !keys.has(key)), []);
});

Deno.test("config.schema.json accepts what the server accepts, and refuses plain mistakes", () => {
  // zod's reader of JSON Schema takes a bare `required` for a schema that accepts everything.
  const isBare = (branch: object) => ["required", "anyOf"].includes(Object.keys(branch).join());
  const readable: unknown = JSON.parse(
    renderSchema(),
    (key, value) => key === "oneOf" && (value as object[]).every(isBare) ? undefined : value,
  );
  const editor = z.fromJSONSchema(readable as z.core.JSONSchema.JSONSchema);
  assert.ok(editor.safeParse(parse(EXAMPLE)).success);
  const subnets = [{ subnet: "10.0.0.0/24", pools: "10.0.0.9" }];
  const good = [
    { interfaces: "eth0", subnets },
    { interfaces: ["eth0"], subnets, "lease-time": "1h30m", status: "off" },
    { interfaces: ["eth0"], subnets, "lease-time": { min: "infinite" }, status: false },
  ];
  const bad = [
    { subnets },
    { interfaces: [], subnets },
    { interfaces: "eth0", subnets: [] },
    { interfaces: "eth0", subnets, "lease-tme": "1h" },
    { interfaces: "eth0", subnets, "lease-time": 3600 },
    { interfaces: "eth0", subnets, options: { router: "10.0.0.1" } },
    { interfaces: "eth0", subnets, options: { routers: "ten" } },
    { interfaces: "eth0", subnets, options: { other: [{ code: 150, type: "u8", value: 256 }] } },
  ];
  for (const value of good) assert.ok(editor.safeParse(value).success, JSON.stringify(value));
  for (const value of bad) assert.ok(!editor.safeParse(value).success, JSON.stringify(value));
});
