import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type {
  ErrorCode as ApiErrorCode,
  ProvableFactor as ApiFactor,
} from '../../../functions/src/core/errors.ts';
import { buildPackage, bundleForBrowsers } from '../scripts/build.ts';
import type { ErrorCode, ProvableFactor } from '../src/error.ts';

const PACKAGE = join(import.meta.dirname, '..');
const FUNCTIONS = join(PACKAGE, '../../functions');
const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

// Compiles only while each type of the client is that of the API.
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
export const sameTypes: [Same<ErrorCode, ApiErrorCode>, Same<ProvableFactor, ApiFactor>] = [true, true];

describe('the package of the client', function () {
  this.timeout(60_000);

  it('has at most 10 kB for browsers, compressed, with its dependency', async () => {
    const size = gzipSync(await bundleForBrowsers()).length;
    assert.ok(size <= 10_000, `${size} bytes`);
  });

  it('has the dependency that its lockfile and functions/ have', () => {
    const { dependencies } = readJson(join(PACKAGE, 'package.json'));
    const { packages } = readJson(join(PACKAGE, 'package-lock.json'));
    assert.deepEqual(packages[''].dependencies, dependencies);
    const { devDependencies } = readJson(join(FUNCTIONS, 'package.json'));
    for (const [name, version] of Object.entries(dependencies)) assert.equal(devDependencies[name], version);
  });

  it('compiles and loads where it is installed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-client-'));
    const installed = join(folder, 'node_modules/@gatehouse/client');
    try {
      mkdirSync(installed, { recursive: true });
      await buildPackage(join(installed, 'dist'));
      writeFileSync(join(installed, 'package.json'), readFileSync(join(PACKAGE, 'package.json')));
      for (const name of ['@simplewebauthn', 'firebase', '@firebase']) {
        symlinkSync(join(FUNCTIONS, 'node_modules', name), join(folder, 'node_modules', name));
      }
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
      writeFileSync(join(folder, 'app.ts'), APP);
      const options = { module: 'nodenext', target: 'es2022', strict: true, noEmit: true, types: [] };
      const compilerOptions = { ...options, exactOptionalPropertyTypes: true };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
      execFileSync(join(FUNCTIONS, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' });
      const code = `import('@gatehouse/client').then((client) => console.log(Object.keys(client).join()))`;
      const exported = execFileSync(process.execPath, ['-e', code], { cwd: folder, encoding: 'utf8' });
      assert.equal(exported.trim(), 'GatehouseError,createClient');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Each line after a directive must be an error, or the directive itself is one. */
const APP = `
import { getAuth, signInWithCustomToken } from 'firebase/auth';
import { createClient, GatehouseError } from '@gatehouse/client';

const baseUrl = '/api/v1';
export const client = createClient({ baseUrl, auth: getAuth(), signInWithCustomToken });
export const session = createClient({ baseUrl, cookie: true });
const me = await client.request<{ uid: string }>('GET', '/me');
export const uid: string = me.uid;
export const isWrong = (error: unknown) => error instanceof GatehouseError && error.code === 'rate_limited';
// @ts-expect-error two credentials
createClient({ baseUrl, auth: getAuth(), cookie: true });
// @ts-expect-error no credential
createClient({ baseUrl });
// @ts-expect-error a code is a string
await client.stepUp({ totp: 123456 });
// @ts-expect-error no such code
export const isOther = (error: GatehouseError) => error.code === 'wrong';
`;
