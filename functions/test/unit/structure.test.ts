import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../../src/', import.meta.url));

interface Import {
  /** Path from `src` for our own files, the package's name for others. */
  readonly target: string;
  readonly typeOnly: boolean;
  /** `import()`: loaded when that line runs. */
  readonly dynamic: boolean;
}

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

const files: readonly SourceFile[] = globSync('**/*.ts', { cwd: src }).map((path) => {
  const text = readFileSync(join(src, path), 'utf8');
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*['"`]([^'"`]+)['"`]/gm,
  );
  const imports = [...statements].map(([, type, name = '', dynamic]) => {
    const specifier = dynamic ?? name;
    const target = specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : specifier;
    return { target, typeOnly: type !== undefined, dynamic: dynamic !== undefined };
  });
  return { path, text, lines: text.split('\n').length - 1, imports };
});

/** First folder, or the file itself where it lies in `src`. */
const layer = (path: string) => path.split('/')[0] ?? '';

const DOMAINS = ['users', 'access', 'exchange', 'sessions', 'mfa', 'audit', 'notes', 'oauth'];
const DOORS = ['http', 'callables', 'triggers', 'gateways'];
const CORE = ['errors.ts', 'lib', 'authz', 'authn'];

/** What each layer may import besides itself: DESIGN §1, "imports point inward". Not named here means not allowed. */
const INWARD: Record<string, readonly string[]> = {
  'errors.ts': [],
  lib: ['errors.ts'],
  authz: ['errors.ts', 'lib', 'authn'],
  authn: ['errors.ts', 'lib', 'authz'],
  // The roles are the choices of a setting.
  'config.ts': ['authz', 'authn'],
  'log-lines.ts': ['errors.ts', 'lib', 'authz'],
  'log.ts': ['lib', 'log-lines.ts'],
  'transport.ts': ['errors.ts', 'config.ts', 'log.ts'],
  'framework.ts': ['errors.ts', 'lib', 'transport.ts'],
  'refusal.ts': ['errors.ts', 'authz'],
  'guard.ts': [...CORE, 'log.ts', 'refusal.ts'],
  'deps.ts': [...CORE, ...DOMAINS, 'config.ts', 'guard.ts', 'log.ts'],
  ...Object.fromEntries(DOMAINS.map((name) => [name, [...CORE, ...DOMAINS, 'config.ts', 'log.ts']])),
  ...Object.fromEntries(
    DOORS.map((name) => [
      name,
      [
        ...CORE,
        ...DOMAINS,
        'config.ts',
        'deps.ts',
        'guard.ts',
        'log.ts',
        'log-lines.ts',
        'refusal.ts',
        'transport.ts',
      ],
    ]),
  ),
  'index.ts': [...DOORS, 'config.ts', 'deps.ts', 'framework.ts'],
};

const FIRESTORE = '@google-cloud/firestore';
const importers = (matches: (target: string) => boolean) =>
  files.filter(({ imports }) => imports.some(({ target }) => matches(target))).map(({ path }) => path);
const isPackage = (name: string) => (target: string) => target === name || target.startsWith(`${name}/`);

describe('structure', () => {
  it('was read: every source file, and imports in most', () => {
    assert.ok(files.length > 30);
    const index = files.find(({ path }) => path === 'index.ts');
    const targets = index?.imports.map(({ target }) => target);
    assert.ok(targets?.includes('firebase-functions/https') && targets.includes('callables/callables.ts'));
  });

  it('is complete: every file and folder of src has its place here', () => {
    assert.deepEqual(
      files.map(({ path }) => layer(path)).filter((name) => !Object.hasOwn(INWARD, name)),
      [],
    );
  });

  for (const file of files) {
    it(`points inward in ${file.path}`, () => {
      const own = layer(file.path);
      const outward = file.imports
        .map(({ target }) => target)
        .filter((target) => /\.(ts|json)$/.test(target))
        .filter((target) => layer(target) !== own && !INWARD[own]?.includes(layer(target)));
      assert.deepEqual(outward, []);
    });
  }

  it('lets authz see of authn no more than types, so that deciding stays pure', () => {
    for (const { path, imports } of files.filter(({ path }) => layer(path) === 'authz')) {
      for (const { target, typeOnly } of imports) {
        assert.ok(typeOnly || layer(target) === 'authz', `${path} imports ${target}`);
      }
    }
  });

  it('has Express under http alone', () => {
    for (const name of ['express', 'cors']) {
      for (const path of importers(isPackage(name))) {
        // The callables answer for CORS themselves, without Express.
        assert.ok(
          layer(path) === 'http' || (name === 'cors' && layer(path) === 'callables'),
          `${path}: ${name}`,
        );
      }
    }
    assert.ok(importers(isPackage('express')).length > 0);
  });

  it('has firebase-functions only where functions, parameters and the log are made', () => {
    const allowed = (path: string) =>
      ['index.ts', 'config.ts', 'log.ts'].includes(path) || ['callables', 'triggers'].includes(layer(path));
    const found = importers(isPackage('firebase-functions'));
    assert.deepEqual(
      found.filter((path) => !allowed(path)),
      [],
    );
    assert.ok(found.length > 3);
  });

  it('reads the environment in config.ts alone, and for a gate elsewhere in its settings', () => {
    const readers = files.filter(({ text }) => /process\s*(\?\.|\.|\[)\s*['"]?env\b|node:process/.test(text));
    assert.deepEqual(readers.map(({ path }) => path).sort(), ['config.ts', 'gateways/settings.ts']);
  });

  it('has nothing of Firebase, and no web server, within reach of the gate for AWS', () => {
    const reached = new Set(['gateways/lambda-entry.ts']);
    for (const path of reached) {
      const { imports } = files.find((file) => file.path === path) ?? { imports: [] };
      for (const { target, typeOnly } of imports) if (!typeOnly) reached.add(target);
    }
    const kept = [...reached].filter((target) =>
      /^(firebase|express|cors|helmet|@google-cloud|(config|deps|guard|log|index)\.ts$|http\/)/.test(target),
    );
    assert.deepEqual(kept, []);
    assert.ok(reached.has('jose/jwt/verify') && reached.has('gateways/aws-lambda.ts'));
  });

  it('loads heavy packages, and the HTTP API, when they are first needed', () => {
    const heavy = [
      FIRESTORE,
      'firebase-admin',
      'jose',
      'oidc-provider',
      'rate-limiter-flexible',
      'http/app.ts',
    ];
    // A gate of AWS verifies tokens from its first request on.
    for (const { path, imports } of files.filter((file) => layer(file.path) !== 'gateways')) {
      const eager = imports
        .filter(({ typeOnly, dynamic }) => !typeOnly && !dynamic)
        .map(({ target }) => target);
      assert.deepEqual(
        eager.filter((target) => heavy.some((name) => isPackage(name)(target))),
        [],
        path,
      );
    }
    const late = files.flatMap(({ imports }) => imports.filter(({ dynamic }) => dynamic));
    assert.ok(late.length > 5);
  });

  it('names the Firestore SDK for its types alone, and loads it in deps.ts alone, when first asked', () => {
    const naming = files.flatMap(({ path, imports }) =>
      imports.filter(({ target }) => isPackage(FIRESTORE)(target)).map((found) => ({ path, ...found })),
    );
    assert.ok(naming.length > 3);
    assert.deepEqual(
      naming.filter(({ typeOnly }) => !typeOnly),
      [],
    );
    assert.deepEqual(importers(isPackage('firebase-admin/firestore')), ['deps.ts']);
    const deps = files.find(({ path }) => path === 'deps.ts');
    assert.match(deps?.text ?? '', /\bimport\('firebase-admin\/firestore'\)/);
    assert.doesNotMatch(deps?.text ?? '', /from 'firebase-admin\/firestore'/);
  });

  it('has Firestore in the domains alone: what decides and what verifies never asks it', () => {
    for (const { path, imports } of files) {
      if (![...DOMAINS, 'lib', 'deps.ts'].includes(layer(path))) {
        assert.ok(
          !imports.some(({ target }) => target === 'lib/firestore.ts' || isPackage(FIRESTORE)(target)),
          path,
        );
      }
    }
  });

  it('writes audit events and never edits one', () => {
    const users = files.filter(({ text }) => /\bAUDIT_EVENTS\b|['"`]auditEvents\b/.test(text));
    assert.ok(users.length > 1);
    for (const { path, text } of users) {
      assert.ok(DOMAINS.includes(layer(path)), path);
      assert.doesNotMatch(
        text,
        /\.(set|update|delete)\(\s*(event|events|eventRef|\w*\.?collection\(AUDIT)\b/,
        path,
      );
      assert.doesNotMatch(text, /AUDIT_EVENTS\)?[^;]*\.(set|update|delete)\(/, path);
    }
  });

  it('uses no package that package.json does not declare for run time', () => {
    const { dependencies } = JSON.parse(readFileSync(join(src, '../package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    for (const { path, imports } of files) {
      for (const { target, typeOnly } of imports) {
        if (typeOnly || /\.(ts|json)$/.test(target) || target.startsWith('node:')) continue;
        const name = target.split('/', target.startsWith('@') ? 2 : 1).join('/');
        assert.ok(Object.hasOwn(dependencies, name), `${path} imports ${target}`);
      }
    }
  });

  it('has no file of more than 300 lines, nor one whose name is not in kebab case', () => {
    for (const { path, lines } of files) {
      assert.ok(lines <= 300, `${path} has ${lines} lines`);
      assert.match(path, /^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/);
    }
  });
});
