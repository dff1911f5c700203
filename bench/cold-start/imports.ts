import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Section } from '../lib/report.ts';
import type { Sizes } from '../lib/sizes.ts';
import { formatNumber, median, wholeNumber } from '../lib/stats.ts';
import { type BundledFile, packageOf, readBundle } from './bundle.ts';
import { API } from './functions.ts';
import { measureStart } from './measure-start.ts';

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
      readonly columnNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  /** Microseconds. */
  readonly timeDeltas: readonly number[];
}

const ROWS = 20;
const PROFILES = 5;

/** Measures the size of each package in the bundle, and its self time in a cold start of `api` with `--cpu-prof`. */
export async function imports({ short }: Sizes): Promise<Section> {
  const bundle = readBundle();
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  for (let run = 0; run < (short ? 1 : PROFILES); run++) {
    await measureStart({
      ...API,
      execArgv: ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=250'],
    });
  }
  const profiles = readdirSync(folder).map((file) =>
    selfTimes(JSON.parse(readFileSync(join(folder, file), 'utf8')), bundle),
  );
  rmSync(folder, { recursive: true });

  const bytes = new Map<string, number>();
  for (const { packages } of bundle)
    for (const [name, count] of packages) bytes.set(name, (bytes.get(name) ?? 0) + count);
  const times = new Map(
    [...new Set(profiles.flatMap((one) => [...one.keys()]))].map((name) => [
      name,
      median(profiles.map((one) => one.get(name) ?? 0)),
    ]),
  );
  const packagesByTime = [...new Set([...bytes.keys(), ...times.keys()])].sort(
    (a, b) => (times.get(b) ?? 0) - (times.get(a) ?? 0) || (bytes.get(b) ?? 0) - (bytes.get(a) ?? 0),
  );
  const largest = [...bytes.keys()].sort((a, b) => (bytes.get(b) ?? 0) - (bytes.get(a) ?? 0)).slice(0, ROWS);
  const shown = packagesByTime.filter((name, index) => index < ROWS || largest.includes(name));
  return {
    tables: [
      {
        title: `Cold start of api by package: self time, median of ${profiles.length} profiles, and size in the bundle`,
        head: ['', 'ms', 'KB in the bundle'],
        rows: shown.map((name) => [
          name,
          formatNumber(times.get(name) ?? 0),
          bytes.has(name) ? formatNumber((bytes.get(name) ?? 0) / 1000) : '',
        ]),
      },
      {
        title: 'Files of the bundle',
        head: ['', 'KB'],
        rows: bundle.map((one) => [
          fileURLToPath(`file://${one.file}`).split('/lib/')[1] ?? '',
          wholeNumber(one.bytes / 1000),
        ]),
      },
    ],
    checks: [],
    raw: { milliseconds: Object.fromEntries(times), bytes: Object.fromEntries(bytes) },
    notes: [
      '`(program)` is time in V8 and the kernel outside JavaScript, including compilation. The profiler makes everything slower.',
    ],
  };
}

/** Milliseconds by package. */
function selfTimes(
  { nodes, samples, timeDeltas }: Profile,
  bundle: readonly BundledFile[],
): Map<string, number> {
  const owners = new Map(nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame, bundle)]));
  const times = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const owner = owners.get(id) ?? '';
    // The process waits for the request.
    if (owner === '(idle)') continue;
    times.set(owner, (times.get(owner) ?? 0) + (timeDeltas[index] ?? 0) / 1000);
  }
  return times;
}

function ownerOf(
  { url, functionName, lineNumber, columnNumber }: Profile['nodes'][number]['callFrame'],
  bundle: readonly BundledFile[],
): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'V8';
  if (url.startsWith('node:')) return 'Node.js';
  const path = url.startsWith('file:') ? fileURLToPath(url) : url;
  const bundled = bundle.find(({ file }) => file === path);
  return bundled === undefined ? packageOf(path) : bundled.packageAt(lineNumber, columnNumber);
}
