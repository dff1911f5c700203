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
import { onServerCore } from '../lib/core.ts';
import type { Section } from '../lib/report.ts';
import { inTurns } from '../lib/rounds.ts';
import type { Sizes } from '../lib/sizes.ts';
import { spreadOf, times, withSpread } from '../lib/stats.ts';

const BASE = 'an empty handler';
const PEER = 'aws-jwt-verify, bundled';
const OURS = 'the authorizer of the zip';
const local = (path: string) => fileURLToPath(new URL(path, import.meta.url));

interface Started {
  /** Milliseconds. */
  readonly wall: number;
  /** Milliseconds of CPU time, which others on the machine do not take away. */
  readonly cpu: number;
}

/** Loads a module as the Lambda runtime does, asks its authorizer once, and says when it has answered. */
const DRIVER = `
  const [, url, event] = process.argv;
  const { authorizer } = await import(url);
  await authorizer(JSON.parse(event), { awsRequestId: 'r1' });
  const { user, system } = process.cpuUsage();
  process.stdout.write('answered in ' + (user + system) / 1000 + '\\n', () => process.exit());
`;

/** From starting the process to the authorizer's first answer, keys fetched over HTTPS: the zip, and its like. */
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

  const runs = await inTurns(names, (name) => start(modules[name], event, env), { rounds, warmUp: 1 });
  await keys.close();
  remove();
  rmSync(scratch, { recursive: true });

  const of = (name: keyof typeof runs, what: keyof Started) => spreadOf(runs[name].map((run) => run[what]));
  const against = (name: keyof typeof runs, what: keyof Started) =>
    times(of(OURS, what).median / of(name, what).median);
  return {
    tables: [
      {
        title: `AWS Lambda: process start to the authorizer’s first answer: median of ${rounds} (least–most)`,
        head: ['', 'ms', 'CPU ms', 'ours against it', 'by CPU time'],
        rows: names.map((name) => [
          name,
          withSpread(of(name, 'wall')),
          withSpread(of(name, 'cpu')),
          ...(name === OURS ? ['', ''] : [against(name, 'wall'), against(name, 'cpu')]),
        ]),
      },
    ],
    checks: [],
    raw: runs,
  };
}

/** As ours is: one file, with the options of the zip's. */
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

async function start(module: string, event: string, env: Record<string, string>): Promise<Started> {
  const begin = performance.now();
  const args = ['--input-type=module', '--eval', DRIVER, pathToFileURL(module).href, event];
  const child = spawn(...onServerCore(process.execPath, args), {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  let wall = 0;
  child.stdout.on('data', (chunk) => {
    output += chunk;
    if (output.includes('answered')) wall ||= performance.now() - begin;
  });
  await once(child, 'close');
  const cpu = Number(/answered in ([\d.]+)/.exec(output)?.[1]);
  if (!(cpu > 0)) throw new Error(`${module} did not answer`);
  return { wall, cpu };
}
