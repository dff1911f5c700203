import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { byPath, files, folder, importers, isPackage, MODULES, SRC } from '../../helpers/source-files.ts';

/** Where Cloud Functions are defined, parameters are read, and lines are logged. */
const USES_FIREBASE_FUNCTIONS = [
  'index.ts',
  'distribution.ts',
  'callable/callable.ts',
  'callable/check-call.ts',
  'callable/own-callable.ts',
  'gatehouse.ts',
  'library/index.ts',
  'protection.ts',
  'directory/sync/reconcile-schedule.ts',
  'platform/logging/log.ts',
  'sign-up/blocking-functions.ts',
  'sign-up/user-events.ts',
];

/** Loaded on first use, because each slows down a cold start. */
const LAZY = [
  '@google-cloud/firestore',
  'firebase-admin',
  'jose',
  'otplib',
  'uqr',
  '@simplewebauthn/server',
  'oidc-provider',
  'http/app.ts',
];

describe('structure: what a file may use', () => {
  it('has a gatehouse.config.ts that imports only `defineConfig`', () => {
    const text = readFileSync(join(SRC, '../gatehouse.config.ts'), 'utf8');
    const imported = [...text.matchAll(/^import [^']*'([^']+)'/gm)].map(([, target]) => target);
    assert.deepEqual(imported, ['./src/core/gatehouse-config.ts']);
    assert.deepEqual(byPath.get('core/gatehouse-config.ts')?.imports, []);
  });

  it('imports Express only in http/', () => {
    assert.deepEqual([...new Set(importers(isPackage('express')).map(folder))], ['http']);
    // Callables handle CORS without Express.
    assert.deepEqual([...new Set(importers(isPackage('cors')).map(folder))].sort(), ['callable', 'http']);
  });

  it('imports firebase-functions only for functions, parameters and the log', () => {
    assert.deepEqual(importers(isPackage('firebase-functions')).sort(), USES_FIREBASE_FUNCTIONS.toSorted());
  });

  it('reads the environment only in config.ts', () => {
    const readers = files.filter(({ text }) => /process\s*(\?\.|\.|\[)\s*['"]?env\b|node:process/.test(text));
    assert.deepEqual(
      readers.map(({ path }) => path),
      ['config.ts'],
    );
  });

  it('loads heavy packages and the HTTP API on first use', () => {
    for (const { path, imports } of files) {
      const eager = imports.filter(({ typeOnly, dynamic }) => !typeOnly && !dynamic);
      const heavy = eager.filter(({ target }) => LAZY.some((name) => isPackage(name)(target)));
      assert.deepEqual(heavy, [], path);
    }
    assert.ok(files.flatMap(({ imports }) => imports.filter(({ dynamic }) => dynamic)).length > 5);
  });

  it('loads the Firestore SDK only in platform/', () => {
    assert.deepEqual(importers(isPackage('firebase-admin/firestore')), ['platform/platform.ts']);
  });

  it('uses Firestore only in platform/ and modules, not to verify or decide', () => {
    const users = importers(
      (target) => target.startsWith('platform/firestore/') || isPackage('@google-cloud/firestore')(target),
    );
    assert.ok(users.length > 3);
    assert.deepEqual(
      users.filter((path) => ![...MODULES, 'platform'].includes(folder(path))),
      [],
    );
  });

  it('creates audit events only in audit/, and never changes one', () => {
    const users = files.filter(({ text }) => /\bAUDIT_EVENTS\b|['"`]auditEvents\b/.test(text));
    assert.ok(users.length > 0);
    for (const { path, text } of users) {
      assert.equal(folder(path), 'audit', path);
      assert.doesNotMatch(text, /\.(set|update|delete)\(/, path);
    }
  });

  it('uses only these packages at run time: the SDKs, and those of the bundle', () => {
    const bundled = [
      ...['bowser', 'cookie', 'cors', 'express', 'helmet', 'jose', 'lru-cache', 'zod'],
      ...['otplib', 'uqr', '@simplewebauthn/server'],
    ];
    const { peerDependencies, devDependencies } = JSON.parse(
      readFileSync(join(SRC, '../package.json'), 'utf8'),
    ) as Record<'peerDependencies' | 'devDependencies', Record<string, string>>;
    const allowed = [...Object.keys(peerDependencies), ...bundled];
    assert.deepEqual(
      allowed.filter((name) => !Object.hasOwn(devDependencies, name)),
      [],
    );
    for (const { path, imports } of files) {
      for (const { target, typeOnly } of imports) {
        if (typeOnly || /\.(ts|json)$/.test(target) || target.startsWith('node:')) continue;
        const name = target.split('/', target.startsWith('@') ? 2 : 1).join('/');
        assert.ok(allowed.includes(name), `${path} imports ${target}`);
      }
    }
  });

  it('has no file of more than 300 lines, and names in kebab case', () => {
    for (const { path, lines } of files) {
      assert.ok(lines <= 300, `${path} has ${lines} lines`);
      assert.match(path, /^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/);
    }
  });
});
