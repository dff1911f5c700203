import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describe, writeDocs } from './lib/docs.ts';
import { lookAtMachine } from './lib/machine.ts';
import { judge, type Section, toMarkdown, verdictTable } from './lib/report.ts';
import { FULL, SHORT } from './lib/sizes.ts';
import { MEASUREMENTS, type MeasurementName, SHORT_RUN } from './measurements.ts';

/** Every measurement in one run, since only ratios of one run mean anything. `bench/README.md` says how to call it. */
const { values, positionals } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    out: { type: 'string', default: resolve(import.meta.dirname, 'results/latest.json') },
    'write-docs': { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const all = Object.keys(MEASUREMENTS) as MeasurementName[];
const unknown = positionals.filter((name) => !Object.hasOwn(MEASUREMENTS, name));
if (unknown.length > 0) {
  console.error(`There is no measurement ${unknown.join(', ')}. There are: ${all.join(', ')}.`);
  process.exit(1);
}
const { short } = values;
const asked = positionals.length > 0 ? positionals : short ? SHORT_RUN : all;

const machineAfter = lookAtMachine();
const sections: Partial<Record<MeasurementName, Section>> = {};
const failed: MeasurementName[] = [];
for (const name of all.filter((one) => asked.includes(one))) {
  const begin = performance.now();
  let section: Section;
  try {
    section = await MEASUREMENTS[name](short ? SHORT : FULL);
  } catch (error) {
    // The others took their time: what they found is not thrown away with it.
    console.error(`\n=== ${name} failed:`, error);
    failed.push(name);
    continue;
  }
  sections[name] = section;
  console.log(`\n=== ${name} (${((performance.now() - begin) / 1000).toFixed(0)} s)`);
  for (const table of section.tables) console.log(`\n${toMarkdown(table)}`);
  for (const note of section.notes ?? []) console.log(`\n${note}`);
}
const machine = machineAfter();
const verdicts = Object.values(sections).flatMap(({ checks }) => checks.map((check) => judge(check, short)));
const budgets = verdictTable(verdicts, short);
console.log(`\n${toMarkdown(budgets)}\n\n${describe(machine)}`);

mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(
  values.out,
  `${JSON.stringify({ at: new Date(), short, machine, verdicts, failed, sections }, null, 2)}\n`,
);
const isUnprivilegedRole = !short && all.every((name) => sections[name] !== undefined);
if (values['write-docs']) writeDocs(sections, { machine, ...(isUnprivilegedRole && { budgets }) });
process.exit(failed.length === 0 && verdicts.every(({ kept }) => kept) ? 0 : 1);
