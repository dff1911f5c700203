import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import supertest from 'supertest';
import { ALL_ROLES, type Role } from '../../../src/authz/roles.ts';
import { claimsOf, serveAccounts } from '../../helpers/api.ts';
import { codeBlocks, REPOSITORY } from '../../helpers/docs.ts';
import { openTestFirestore } from '../../helpers/firestore.ts';
import { mintIdToken, openGoogle, PROJECT } from '../../helpers/google.ts';

/**
 * Does to a copy of the sources what docs/guides/protect-an-endpoint.md says. A step that the sources have already, because
 * a reader has followed the guide, is left out.
 */

const GUIDE = 'docs/guides/protect-an-endpoint.md';
const FUNCTIONS = join(REPOSITORY, 'functions');

/** A block of TypeScript that names its place in the first line: a file, and where in it. */
interface Step {
  readonly file: string;
  readonly section: string | undefined;
  readonly code: string;
}

const steps = codeBlocks(GUIDE).flatMap(({ language, code }): Step[] => {
  const [, file, section, rest] = /^\/\/ functions\/([\w./-]+)(?:, (\w+))?\n([\s\S]*)$/.exec(code) ?? [];
  return language === 'ts' && file !== undefined && rest !== undefined ? [{ file, section, code: rest }] : [];
});

describe('the guide to an endpoint of your own', () => {
  let copy: string;
  before(() => {
    copy = mkdtempSync(join(tmpdir(), 'gatehouse-guide-'));
    for (const name of [
      'src',
      'scripts',
      'gatehouse.config.ts',
      'package.json',
      'tsconfig.json',
      'tsconfig.build.json',
    ]) {
      cpSync(join(FUNCTIONS, name), join(copy, name), { recursive: true });
    }
    symlinkSync(join(FUNCTIONS, 'node_modules'), join(copy, 'node_modules'));
    for (const step of steps) follow(copy, step);
  });
  after(() => rmSync(copy, { recursive: true, force: true }));

  it('changes its own folder, the configuration and the list of modules, and nothing else', () => {
    const changed = new Set(steps.map(({ file }) => file.replace(/^src\/greetings\/.*/, 'src/greetings/')));
    assert.deepEqual([...changed], ['gatehouse.config.ts', 'src/greetings/', 'src/app.ts']);
  });

  it('shows the operation that the README shows', () => {
    const readme = codeBlocks('README.md').find(({ language }) => language === 'ts')?.code ?? '';
    assert.ok(steps.some(({ code }) => code.includes(readme)));
  });

  it('leads to operations that compile, and not without access', function () {
    this.timeout(60_000);
    const folder = join(copy, 'src/greetings');
    const operations = readFileSync(join(folder, 'operations.ts'), 'utf8');
    writeFileSync(join(folder, 'careless.ts'), operations.replaceAll(/^ *access: .*\n/gm, ''));
    const { stdout } = spawnSync(join(FUNCTIONS, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], {
      cwd: copy,
      encoding: 'utf8',
    });
    rmSync(join(folder, 'careless.ts'));
    const files = [...stdout.matchAll(/^(\S+)\(\d+,\d+\): error/gm)].map(([, file]) => file);
    assert.deepEqual([...new Set(files)], ['src/greetings/careless.ts'], stdout);
    assert.ok(files.length >= 2, stdout);
  });

  it('leads to endpoints for callers with the permission only', async () => {
    const google = await openGoogle();
    serveAccounts(google);
    const firestore = await openTestFirestore();
    const load = (path: string) => import(pathToFileURL(join(copy, 'src', path)).href);
    const { createInstance, modules } = await load('app.ts');
    const { loadConfig } = await load('config.ts');
    const { createPlatform } = await load('platform/platform.ts');
    const { createApp } = await load('http/app.ts');
    const { ROLES } = await load('authz/roles.ts');
    const log = new Proxy({}, { get: () => () => undefined });
    const outside = { app: google.app, fetch: google.fetch, firestore: firestore.open, log };
    const platform = createPlatform(loadConfig({ GCLOUD_PROJECT: PROJECT }), outside);
    const server = createServer(createApp(createInstance(platform)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const get = async (path: string, role?: Role) => {
        const request = supertest(server).get(`/v1${path}`).set('X-Forwarded-Proto', 'https');
        return role ? request.set('Authorization', `Bearer ${await mintIdToken(claimsOf(role))}`) : request;
      };
      const greeting = await get('/greetings/Ada', 'member');
      assert.deepEqual([greeting.status, greeting.body], [200, { text: 'Hello Ada.' }]);
      for (const path of ['/greetings/Ada', '/greetings']) {
        assert.equal((await get(path)).status, 401);
        for (const role of ALL_ROLES) {
          const isAllowed = ROLES[role].includes('greetings:read');
          assert.equal((await get(path, role)).status, isAllowed ? 200 : 403, `${role} ${path}`);
        }
      }
      const names = modules.operations.map(({ name }: { name: string }) => name);
      assert.ok(names.includes('greet') && names.includes('listGreetings'));
    } finally {
      await new Promise((resolve) => server.close(resolve));
      await google.close();
      await firestore.close();
    }
  });
});

/** Carries out a step: a new file, a line of the configuration, or an import and a line of app.ts. */
function follow(copy: string, { file, section, code }: Step): void {
  const path = join(copy, file);
  if (file === 'gatehouse.config.ts') change(path, code, (text) => configure(text, section, code));
  else if (file === 'src/app.ts') {
    const [imported = '', use = ''] = code.split('\n');
    change(
      path,
      imported,
      (text) => `${imported}\n${text.replace(/^ {2}\.use\(/m, (first) => `${use}\n${first}`)}`,
    );
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
}

/** @param mark text that a file has when the step was carried out before */
function change(path: string, mark: string, edit: (text: string) => string): void {
  const before = readFileSync(path, 'utf8');
  if (before.includes(mark.trim())) return;
  const after = edit(before);
  assert.notEqual(after, before, `${path} has no place for ${mark}`);
  writeFileSync(path, after);
}

/** A new permission goes to the top of its section; a role replaces the one of its name. */
function configure(text: string, section: string | undefined, code: string): string {
  if (section === 'roles') return text.replace(/^ *member: .*\n/m, `    ${code}`);
  return text.replace(new RegExp(`^ *${section}: \\{\\n`, 'm'), (start) => `${start}    ${code}`);
}
