/**
 * Writes config.schema.json, which tells editors what a config may hold, from the schema that the
 * server reads configs with. With `--check` it writes nothing, and exits with 1 when the file is
 * not what it would write.
 */
import { parseArgs } from "node:util";
import * as z from "zod";
import { configSchema } from "../src/config/schema.ts";

const SCHEMA_FILE = new URL("../config.schema.json", import.meta.url);

/** The text of config.schema.json. Draft 7 is what the YAML language server reads. */
export function renderSchema(): string {
  const schema = z.toJSONSchema(configSchema, { io: "input", target: "draft-7" });
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** Whether config.schema.json is what `renderSchema` makes. */
export function isSchemaFresh(): boolean {
  try {
    return Deno.readTextFileSync(SCHEMA_FILE) === renderSchema();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function main(): number {
  const { values } = parseArgs({ args: Deno.args, options: { check: { type: "boolean" } } });
  if (values.check !== true) {
    Deno.writeTextFileSync(SCHEMA_FILE, renderSchema());
    return 0;
  }
  if (isSchemaFresh()) return 0;
  console.error("config.schema.json is stale: run the task `schema` to write it anew");
  return 1;
}

if (import.meta.main) Deno.exit(main());
