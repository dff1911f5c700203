import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { GATE_SETTING, signAccessToken } from '../functions/test/helpers/gate.ts';
import { createSigningPair } from '../functions/test/helpers/signing.ts';
import { tokenEvent } from '../functions/test/lambda/events.ts';
import { openKeyHost } from '../functions/test/lambda/key-host.ts';
import { buildZip, unpack } from '../functions/test/lambda/zip.ts';
import { median, type Result, times } from './measure.ts';

const RUNS = 21;
const local = (path: string) => fileURLToPath(new URL(path, import.meta.url));

interface Started {
  readonly milliseconds: number;
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
export async function lambda(): Promise<Result[]> {
  const keys = await openKeyHost();
  const pair = await createSigningPair('RS256', 'k1');
  keys.publish([pair.jwk]);
  const { folder, remove } = unpack(buildZip());
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  const jwksUri = `${keys.url}keys`;
  const { issuer, audience } = GATE_SETTING;
  const event = JSON.stringify(tokenEvent(`Bearer ${await signAccessToken(pair, { groups: ['members'] })}`));
  const modules = {
    empty: local('lambda/empty.mjs'),
    peer: await bundle(local('lambda/aws-jwt-verify.mjs'), join(scratch, 'index.mjs')),
    zip: join(folder, 'index.mjs'),
  };
  const env = {
    NODE_EXTRA_CA_CERTS: keys.certificate,
    TRUSTED_ISSUERS: JSON.stringify([{ ...GATE_SETTING, jwksUri }]),
    VERIFIER: JSON.stringify({ issuer, audience, jwksUri }),
  };

  const runs = { empty: [] as Started[], peer: [] as Started[], zip: [] as Started[] };
  for (let run = 0; run <= RUNS; run++) {
    for (const name of Object.keys(runs) as (keyof typeof runs)[]) {
      const started = await start(modules[name], event, env);
      if (run > 0) runs[name].push(started);
    }
  }
  await keys.close();
  remove();
  rmSync(scratch, { recursive: true });

  const time = (name: keyof typeof runs) => median(runs[name].map(({ milliseconds }) => milliseconds));
  const cpu = (name: keyof typeof runs) => median(runs[name].map((started) => started.cpu));
  const line = (what: string, value: string): Result => ({ what, value, budget: '', kept: true });
  return [
    line('Lambda, an empty handler’s first answer', `${time('empty').toFixed(0)} ms`),
    line('  aws-jwt-verify, bundled', `${time('peer').toFixed(0)} ms`),
    line('  the zip’s authorizer', `${time('zip').toFixed(0)} ms`),
    line('  against the empty handler', times(time('zip') / time('empty'))),
    line('  by CPU time', times(cpu('zip') / cpu('empty'))),
    line('  against aws-jwt-verify', times(time('zip') / time('peer'))),
    line('  by CPU time', times(cpu('zip') / cpu('peer'))),
  ];
}

/** As ours is: one file, with the options of the zip's. */
async function bundle(entry: string, outfile: string): Promise<string> {
  const { build } = createRequire(new URL('../functions/package.json', import.meta.url))('esbuild');
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
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', DRIVER, pathToFileURL(module).href, event],
    { env, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  let milliseconds = 0;
  child.stdout.on('data', (chunk) => {
    output += chunk;
    if (output.includes('answered')) milliseconds ||= performance.now() - begin;
  });
  await once(child, 'close');
  const cpu = Number(/answered in ([\d.]+)/.exec(output)?.[1]);
  if (!(cpu > 0)) throw new Error(`${module} did not answer`);
  return { milliseconds, cpu };
}
