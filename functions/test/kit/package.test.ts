import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type PackedPackage, packPackage } from './pack.ts';

const FUNCTIONS = fileURLToPath(new URL('../..', import.meta.url));

/** Everything in the package, by pattern. */
const EXPECTED = [
  /^(package|npm-shrinkwrap)\.json$/,
  /^README\.md$/,
  /^dist\/package\/LICENSE$/,
  /^dist\/package\/(library\/)?[\w-]+\.js(\.map)?$/,
  /^dist\/package\/(index|library\/types\/(core|library)\/[\w-]+)\.d\.ts$/,
  /^dist\/package\/kit\.env$/,
  /^dist\/package\/firestore\/(firebase\.json|firestore\.rules|firestore\.indexes\.json)$/,
];

const MAX_BYTES = 5_000_000;

describe('the npm package', function () {
  this.timeout(60_000);

  let packed: PackedPackage;
  const text = (file: string) => readFileSync(join(packed.folder, file), 'utf8');
  const json = (file: string) => JSON.parse(text(file));

  before(() => {
    packed = packPackage();
    // The SDK of the adopter, and nothing else.
    const modules = join(packed.folder, '../node_modules');
    mkdirSync(join(modules, '@gatehouse'), { recursive: true });
    symlinkSync(join(FUNCTIONS, 'node_modules/firebase-functions'), join(modules, 'firebase-functions'));
    symlinkSync(packed.folder, join(modules, '@gatehouse/functions'));
  });

  after(() => packed.remove());

  /** Runs a CommonJS module of an adopter, with this environment only. */
  function runAdopter(script: string, env: Record<string, string> = {}): string {
    const probe = join(packed.folder, '../adopter.cjs');
    writeFileSync(probe, script);
    const options = { env: { FUNCTIONS_CONTROL_API: 'true', ...env }, encoding: 'utf8' } as const;
    return execFileSync(process.execPath, [probe], options);
  }

  it('has the bundle, declarations and files of a kit: no source, test or project file', () => {
    const files = globSync('**/*', { cwd: packed.folder, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name).slice(packed.folder.length + 1));
    assert.deepEqual(
      files.filter((file) => !EXPECTED.some((pattern) => pattern.test(file))),
      [],
    );
    for (const pattern of EXPECTED)
      assert.ok(
        files.some((file) => pattern.test(file)),
        `${pattern}`,
      );
    assert.deepEqual(globSync('**/.*', { cwd: packed.folder }), []);
  });

  it(`is smaller than ${MAX_BYTES} bytes`, () => {
    assert.ok(packed.tarball.length < MAX_BYTES, `${packed.tarball.length}`);
  });

  it('runs nothing when it is installed, and installs nothing but the SDKs', () => {
    const { scripts, dependencies, peerDependencies } = packed.manifest;
    const install = [
      'preinstall',
      'install',
      'postinstall',
      'prepublish',
      'preprepare',
      'prepare',
      'postprepare',
    ];
    assert.deepEqual(
      install.filter((name) => Object.hasOwn(scripts, name)),
      [],
    );
    assert.equal(dependencies, undefined);
    assert.deepEqual(Object.keys(peerDependencies), ['firebase-admin', 'firebase-functions']);
  });

  it('has a shrinkwrap that agrees with package.json and package-lock.json', () => {
    const { name, version, peerDependencies } = packed.manifest;
    const { packages, ...shrinkwrap } = json('npm-shrinkwrap.json');
    const lock = JSON.parse(readFileSync(join(FUNCTIONS, 'package-lock.json'), 'utf8'));
    assert.deepEqual([shrinkwrap.name, shrinkwrap.version], [name, version]);
    assert.deepEqual(Object.keys(packages), ['']);
    assert.deepEqual(packages[''].peerDependencies, peerDependencies);
    // What is bundled was tested in the versions of the lockfile.
    assert.deepEqual(lock.packages[''].devDependencies, packed.manifest.devDependencies);
    assert.ok(!packed.left.includes('npm-shrinkwrap.json'), 'npm would prefer it to package-lock.json');
  });

  it('imports firebase-functions and no other package', () => {
    // One library has `'import "…"'` in a message.
    const imported = globSync('dist/package/{*,library/*}.js', { cwd: packed.folder })
      .filter((file) => !file.endsWith('gatehouse.js'))
      .flatMap((file) => [
        ...text(file).matchAll(/(?<!')\b(?:from\s*|import\s*\(?\s*|__require\()"([@\w][^"]*)"/g),
      ])
      .map(([, name = '']) => name)
      .filter((name) => !isBuiltin(name));
    const packages = new Set(imported.map((name) => name.split('/')[0]));
    assert.ok(packages.has('firebase-functions'));
    assert.deepEqual(
      [...packages].filter((name) => name !== 'firebase-functions'),
      [],
    );
  });

  it('takes region, service account and labels from the global options of who loads it', () => {
    const output = runAdopter(`
      const { setGlobalOptions } = require('firebase-functions');
      const { declaredParams, defineString } = require('firebase-functions/params');
      setGlobalOptions({ region: defineString('FUNCTION_DEFAULT_REGION'), serviceAccount: 'shop@', labels: { team: 'id' } });
      const functions = require('@gatehouse/functions');
      process.stdout.write(JSON.stringify({
        endpoints: Object.fromEntries(Object.entries(functions).map(([name, f]) => [name, f.__endpoint])),
        params: declaredParams.map(({ name }) => name),
      }));`);
    const { endpoints, params } = JSON.parse(output);
    assert.ok(Object.keys(endpoints).length > 10);
    for (const [name, endpoint] of Object.entries<Record<string, unknown>>(endpoints)) {
      assert.equal(endpoint.region, 'params.FUNCTION_DEFAULT_REGION', name);
      assert.equal(endpoint.serviceAccountEmail, 'shop@', name);
      assert.deepEqual(endpoint.labels, { team: 'id' }, name);
    }
    for (const name of ['REGION', 'API_SERVICE_ACCOUNT']) assert.ok(!params.includes(name), name);
  });

  it('has every parameter but the secret in kit.env, with a database and a path of its own', () => {
    const output = runAdopter(`
      const { declaredParams } = require('firebase-functions/params');
      require('@gatehouse/functions');
      process.stdout.write(JSON.stringify(declaredParams.map(({ name }) => name)));`);
    const env = text('dist/package/kit.env');
    const names = [...env.matchAll(/^(\w+)=/gm)].map(([, name]) => name);
    assert.deepEqual(
      [...names, 'MFA_ENCRYPTION_KEYS'].sort(),
      ['FUNCTION_DEFAULT_REGION', ...JSON.parse(output)].sort(),
    );
    assert.match(env, /^DATABASE_ID=gatehouse$/m);
    assert.match(env, /^BASE_PATH=\/gatehouse\/v1$/m);
  });

  it('declares a type for each function', () => {
    const output = runAdopter(`process.stdout.write(Object.keys(require('@gatehouse/functions')).join())`);
    const declared = [...text('dist/package/index.d.ts').matchAll(/^export declare const (\w+):/gm)];
    assert.deepEqual(declared.map(([, name]) => name).sort(), output.split(',').sort());
  });

  it('has no example module: no route, index, permission or audit action of notes', () => {
    const files = globSync('dist/package/{index.js,openapi-*.js,firestore/*}', { cwd: packed.folder });
    assert.ok(files.length > 4);
    for (const file of files) assert.doesNotMatch(text(file), /"notes([:.]\w+)?"|\/notes\b|\bnotes\//, file);
  });

  it('creates indexes and TTL policies in the database that the functions use, closed to clients', () => {
    const { firestore } = json('dist/package/firestore/firebase.json');
    assert.match(text('dist/package/kit.env'), new RegExp(`^DATABASE_ID=${firestore.database}$`, 'm'));
    const { fieldOverrides } = json('dist/package/firestore/firestore.indexes.json');
    assert.ok(fieldOverrides.some(({ ttl }: { ttl?: boolean }) => ttl));
    const allowed = [...text('dist/package/firestore/firestore.rules').matchAll(/allow .*/g)];
    assert.deepEqual(
      allowed.map(([rule]) => rule),
      ['allow read, write: if false;'],
    );
  });

  it('has the command line', () => {
    const bin = join(packed.folder, 'dist/package/gatehouse.js');
    assert.match(execFileSync(process.execPath, [bin, '--help'], { encoding: 'utf8' }), /gatehouse/);
  });
});
