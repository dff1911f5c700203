import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type Built, buildZip } from '../../scripts/build.ts';

const require = createRequire(new URL('../../../functions/package.json', import.meta.url));
// The one function of fflate that is used here.
const { unzipSync } = require('fflate') as { unzipSync(zip: Uint8Array): Record<string, Uint8Array> };

/** Writes a module with this configuration. The caller must remove it. */
export function writeConfig(config: unknown): { readonly file: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-config-'));
  const file = join(folder, 'authorizer.config.ts');
  writeFileSync(file, `export default ${JSON.stringify(config)};\n`);
  return { file, remove: () => rmSync(folder, { recursive: true }) };
}

/** Builds the zip with this configuration. */
export async function buildWith(config: unknown): Promise<Built> {
  const { file, remove } = writeConfig(config);
  return buildZip(file).finally(remove);
}

/** Unpacks the zip into a new folder. The caller must remove it. */
export function unpack(zip: Uint8Array): {
  readonly folder: string;
  readonly files: string[];
  remove(): void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-lambda-'));
  const files = Object.entries(unzipSync(zip));
  for (const [name, contents] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), contents);
  }
  return { folder, files: files.map(([name]) => name), remove: () => rmSync(folder, { recursive: true }) };
}

/** Loads the unpacked module and calls its exports for the parent, as the Lambda runtime does. */
const DRIVER = `
  const [, url] = process.argv;
  const lambda = await import(url);
  const answer = (event, { principal, requestId }) => ({ statusCode: 200, body: JSON.stringify({ principal, requestId }) });
  const own = { permission: 'notes:write', own: true };
  const handlers = {
    authorizer: lambda.authorizer,
    notes: lambda.withAuth({ permission: 'notes:read' }, answer),
    open: lambda.withAuth('public', answer),
    privileged: lambda.withAuth({ permission: 'users:write' }, answer),
    own: lambda.withAuth(own, answer, { owner: async (event) => event.pathParameters?.owner }),
    ownless: lambda.withAuth(own, answer),
    broken: lambda.withAuth(own, answer, { owner: async () => { throw new TypeError('no such table'); } }),
    throwing: lambda.withAuth({ permission: 'notes:read' }, () => { throw new RangeError('mine'); }),
  };
  process.on('message', async ({ id, handler, event, context }) => {
    const result = await (async () => handlers[handler](event, context))().then(
      (value) => ({ id, value }),
      (error) => ({ id, error: String(error.message) }),
    );
    // Marks the end of the call's output: messages use another channel and can arrive before it.
    process.stdout.write('<end ' + id + '>\\n', () => process.send(result));
  });
  process.send({ id: 0, value: Object.keys(lambda) });
`;

interface Message {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** The zip's module in a process of its own, without other environment variables than those given. */
export interface Lambda {
  /** Names that the module exports. */
  readonly names: unknown;
  /** @throws Error with the message that the handler rejected with */
  call(handler: string, event: unknown, requestId?: string): Promise<unknown>;
  /** Everything written to stdout so far. */
  output(): string;
  stop(): Promise<void>;
}

/** @throws Error with the output on stderr, if it does not start */
export async function startLambda(folder: string, env: Record<string, string>): Promise<Lambda> {
  const module = pathToFileURL(join(folder, 'index.mjs')).href;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', DRIVER, module], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const written = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => (written.stdout += chunk));
  child.stderr?.on('data', (chunk) => (written.stderr += chunk));
  const waiting = new Map<number, PromiseWithResolvers<Message>>();
  const resultOf = (id: number) => {
    const result = Promise.withResolvers<Message>();
    waiting.set(id, result);
    return result.promise;
  };
  child.on('message', (message: Message) => waiting.get(message.id)?.resolve(message));
  const closed = once(child, 'close').then(() => {
    for (const { reject } of waiting.values()) reject(new Error(written.stderr));
  });
  const started = await resultOf(0);

  let last = 0;
  return {
    names: started.value,
    async call(handler, event, requestId = 'request-1') {
      const id = ++last;
      const result = resultOf(id);
      child.send({ id, handler, event, context: { awsRequestId: requestId } });
      const { value, error } = await result;
      const end = `<end ${id}>\n`;
      while (!written.stdout.includes(end)) await setTimeout(1);
      written.stdout = written.stdout.replace(end, '');
      if (error !== undefined) throw new Error(error);
      return value;
    },
    output: () => written.stdout,
    async stop() {
      child.kill();
      await closed;
      assert.equal(written.stderr, '');
    },
  };
}
