import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { tokenEvent } from '../../aws/test/helpers/events.ts';
import { ISSUER_SETTING, signAccessToken } from '../../aws/test/helpers/issuer.ts';
import { openKeyHost } from '../../aws/test/helpers/key-host.ts';
import { buildWith, unpack } from '../../aws/test/helpers/zip.ts';
import { createSigningPair } from '../../functions/test/helpers/signing.ts';
import { pinToServerCore } from '../lib/cpu-affinity.ts';
import type { Section } from '../lib/report.ts';
import { runInterleaved } from '../lib/rounds.ts';
import type { Sizes } from '../lib/sizes.ts';
import { formatRatio, formatSpread, spreadOf } from '../lib/stats.ts';

const BASE = 'empty handler';
const PEER = 'aws-jwt-verify, bundled';
const OURS = 'Gatehouse authorizer (zip)';
const local = (path: string) => fileURLToPath(new URL(path, import.meta.url));

interface StartResult {
  /** Milliseconds. */
  readonly wall: number;
  /** Milliseconds of CPU time, independent of other processes. */
  readonly cpu: number;
}

/** Loads a module as the Lambda runtime does, calls its authorizer once, and prints a line after the response. */
const DRIVER = `
  const [, url, event] = process.argv;
  const { authorizer } = await import(url);
  await authorizer(JSON.parse(event), { awsRequestId: 'r1' });
  const { user, system } = process.cpuUsage();
  process.stdout.write('responded after ' + (user + system) / 1000 + '\\n', () => process.exit());
`;

/** Measures the time from process start to the authorizer's first response, with keys fetched over HTTPS. */
export async function lambda({ coldStart: { rounds } }: Sizes): Promise<Section> {
  const keys = await openKeyHost();
  const pair = await createSigningPair('RS256', 'k1');
  keys.publish([pair.jwk]);
  const jwksUri = `${keys.url}keys`;
  const trustedIssuers = [{ ...ISSUER_SETTING, jwksUri }];
  const { folder, remove } = unpack((await buildWith({ trustedIssuers, routes: null })).zip);
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  const { issuer, audience } = ISSUER_SETTING;
  const token = await signAccessToken(pair, { groups: ['members'] });
  const event = JSON.stringify(tokenEvent(`Bearer ${token}`));
  const modules = {
    [BASE]: local('lambda/empty.mjs'),
    [PEER]: await bundle(local('lambda/aws-jwt-verify.mjs'), join(scratch, 'index.mjs')),
    [OURS]: join(folder, 'index.mjs'),
  };
  const names = [BASE, PEER, OURS] as const;
  const env = {
    NODE_EXTRA_CA_CERTS: keys.certificate,
    VERIFIER: JSON.stringify({ issuer, audience, jwksUri }),
  };

  const runs = await runInterleaved(names, (name) => measureStart(modules[name], event, env), {
    rounds,
    warmUp: 1,
  });
  await keys.close();
  remove();
  rmSync(scratch, { recursive: true });

  const of = (name: keyof typeof runs, what: keyof StartResult) =>
    spreadOf(runs[name].map((run) => run[what]));
  const relativeTo = (name: keyof typeof runs, what: keyof StartResult) =>
    formatRatio(of(OURS, what).median / of(name, what).median);
  return {
    tables: [
      {
        title: `AWS Lambda: process start to first response of the authorizer: median of ${rounds} (min–max)`,
        head: ['', 'ms', 'CPU ms', 'Gatehouse relative to it', 'by CPU time'],
        rows: names.map((name) => [
          name,
          formatSpread(of(name, 'wall')),
          formatSpread(of(name, 'cpu')),
          ...(name === OURS ? ['', ''] : [relativeTo(name, 'wall'), relativeTo(name, 'cpu')]),
        ]),
      },
    ],
    checks: [],
    raw: runs,
  };
}

/** Bundles a module into one file with the options of Gatehouse's zip. */
async function bundle(entry: string, outfile: string): Promise<string> {
  const { build } = createRequire(new URL('../../functions/package.json', import.meta.url))('esbuild');
  await build({
    entryPoints: [entry],
    outfile,
    ...{ bundle: true, platform: 'node', target: 'node22', format: 'esm' },
    ...{ minifyWhitespace: true, minifySyntax: true, logLevel: 'warning' },
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return outfile;
}

async function measureStart(
  module: string,
  event: string,
  env: Record<string, string>,
): Promise<StartResult> {
  const begin = performance.now();
  const args = ['--input-type=module', '--eval', DRIVER, pathToFileURL(module).href, event];
  const child = spawn(...pinToServerCore(process.execPath, args), {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  let wall = 0;
  child.stdout.on('data', (chunk) => {
    output += chunk;
    if (output.includes('responded')) wall ||= performance.now() - begin;
  });
  await once(child, 'close');
  const cpu = Number(/responded after ([\d.]+)/.exec(output)?.[1]);
  if (!(cpu > 0)) throw new Error(`${module} did not respond`);
  return { wall, cpu };
}
