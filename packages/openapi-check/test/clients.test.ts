import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createApp } from '../../../functions/src/http/app.ts';
import { type Api, openApi, type Person } from '../../../functions/test/helpers/api.ts';
import { COMMANDS, createProject, PROJECT, run } from './project.ts';

describe('clients generated from OpenAPI', function () {
  this.timeout(120_000);
  before(createProject);

  it('come from a document on which redocly lint has no remark', async () => {
    const output = await run('redocly', 'lint', 'openapi.json', '--config=../redocly.yaml', '--format=json');
    const { totals, problems } = JSON.parse(output);
    assert.deepEqual({ totals, problems }, { totals: { errors: 0, warnings: 0, ignored: 0 }, problems: [] });
  });

  it('come from a linter that does report warnings', async () => {
    const document = JSON.parse(readFileSync(join(PROJECT, 'openapi.json'), 'utf8'));
    document.paths['/me'].get.responses = { 200: { description: 'Done.' } };
    writeFileSync(join(PROJECT, 'worse.json'), JSON.stringify(document));
    const output = await run('redocly', 'lint', 'worse.json', '--config=../redocly.yaml', '--format=json');
    assert.ok(JSON.parse(output).totals.warnings > 0);
  });

  it('come from the versions in the lockfile', () => {
    const { dependencies } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'));
    assert.deepEqual(
      COMMANDS.map(({ name, version }) => [name, version]),
      ['openapi-typescript', '@hey-api/openapi-ts'].map((name) => [name, dependencies[name]]),
    );
  });

  it('compile in strict mode, and refuse what the API would refuse', async () => {
    // Each line must be an error, or the directive itself is one.
    const wrong = [
      `import createClient from 'openapi-fetch';`,
      `import { createNote, createUser, type GrantRequest, listUsers } from './gatehouse/index.js';`,
      `import type { paths } from './gatehouse.js';`,
      'const api = createClient<paths>();',
      `export const { data, error } = await api.GET('/audit/export', { parseAs: 'text' });`,
      'export const text: string | undefined = data;',
      `export const code: 'permission_denied' | undefined = error?.status === 403 ? 'permission_denied' : undefined;`,
      '// @ts-expect-error a number',
      `await api.GET('/users', { params: { query: { pageSize: '5' } } });`,
      '// @ts-expect-error a boolean',
      `await listUsers({ query: { disabled: 'true' } });`,
      '// @ts-expect-error a missing title',
      'await createNote({ body: { body: "x" } });',
      `const grants: GrantRequest[] = [{ role: 'support', reason: 'help desk' }];`,
      `await createUser({ body: { email: 'ann@example.com', grants, invite: true } });`,
      `await createUser({ body: { issuer: 'https://login.example.com', subject: 'u1' } });`,
      '// @ts-expect-error an issuer without a subject',
      `await createUser({ body: { issuer: 'https://login.example.com' } });`,
      '// @ts-expect-error neither an address nor an identity',
      `await api.POST('/users', { body: { displayName: 'Ann' } });`,
      '// @ts-expect-error a path that does not exist',
      `await api.GET('/users/{uid}/links', { params: { path: { uid: 'u' } } });`,
      '// @ts-expect-error an error code that the operation does not have',
      `export const never = error?.code === 'last_owner';`,
    ];
    writeFileSync(join(PROJECT, 'wrong.ts'), `${wrong.join('\n')}\n`);
    await run('tsc', '-p', 'tsconfig.json').catch(({ stdout }) => assert.fail(stdout));
  });

  describe('call an instance', () => {
    let api: Api;
    let baseUrl: string;
    before(async () => {
      api = await openApi({
        serve(deps) {
          const app = createApp(deps);
          return createServer((req, res) => {
            // As Google's front end.
            req.headers['x-forwarded-proto'] = 'https';
            app(req, res);
          });
        },
      });
      baseUrl = `http://127.0.0.1:${api.port}/v1`;
    });
    after(() => api.close());

    // The compiled code of the guide.
    const load = (name: string) => import(pathToFileURL(join(PROJECT, 'js', name)).href);
    /** An ID token; the first one is out of date. */
    const tokensOf = (who: Person) => async (forceRefresh: boolean) =>
      forceRefresh ? api.token(who) : 'out.of.date';

    it('with openapi-fetch: lists, changes, conflicts, errors, and lines', async () => {
      const { createNotes } = await load('notes.js');
      const notes = createNotes(baseUrl, tokensOf('owner'));
      const { body: note } = await api.as('owner').post('/v1/notes').send({ title: 'Buy milk' });
      const [listed] = await notes.list(10);
      assert.deepEqual([listed.id, listed.version], [note.id, note.version]);
      const renamed = await notes.rename(note.id, note.version, 'Buy bread');
      assert.equal(renamed.title, 'Buy bread');
      assert.equal(await notes.rename(note.id, note.version, 'Buy tea'), undefined);
      await assert.rejects(notes.list(1000), /^Error: invalid_argument: .* \([0-9a-f-]{36}\)$/);
      await api.as('owner').patch('/v1/users/member').send({ disabled: false }).expect(200);
      await api.as('owner').post('/v1/users/member/revoke').expect(200);
      const [line = ''] = (await notes.exportAuditLog()).split('\n');
      assert.equal(JSON.parse(line).target, 'member');
    });

    it('with openapi-fetch and packages/client: a token that is out of date', async () => {
      const { createApi } = await load('with-step-up.js');
      const refreshed: boolean[] = [];
      const getIdToken = async (forceRefresh = false) => {
        refreshed.push(forceRefresh);
        return tokensOf('owner')(forceRefresh);
      };
      const { data } = await createApi(baseUrl, { currentUser: { getIdToken } }).GET('/me');
      assert.equal(data.uid, 'owner');
      assert.deepEqual(refreshed, [false, true]);
    });

    it('with Hey API: lists, errors, and lines', async () => {
      const { connect, disabledUsers, exportAuditLog } = await load('users.js');
      connect(baseUrl, tokensOf('owner'));
      await api.as('owner').patch('/v1/users/support').send({ disabled: true }).expect(200);
      const users = await disabledUsers();
      assert.deepEqual(
        users.map(({ uid }: { uid: string }) => uid),
        ['support'],
      );
      const lines = (await exportAuditLog()).trim().split('\n');
      assert.equal(JSON.parse(lines[0] ?? '').target, 'support');
      connect(baseUrl, tokensOf('norole'));
      await assert.rejects(disabledUsers(), /^Error: permission_denied: /);
    });
  });
});
