import assert from 'node:assert/strict';
import supertest from 'supertest';
import { api, forgeToken, makeSignedIn, makeUser, outcome } from '../helpers/emulator.ts';
import { openProject } from './own-project.ts';

interface Page {
  readonly users: { readonly uid: string; readonly email: string; readonly roles: string[] }[];
  readonly nextPageToken?: string;
}

/** Follows the page tokens to the end. */
async function everyPage(get: (pageToken: string | undefined) => Promise<Page>): Promise<Page[]> {
  const pages: Page[] = [];
  let token: string | undefined;
  do {
    const page = await get(token);
    pages.push(page);
    token = page.nextPageToken;
  } while (token !== undefined);
  return pages;
}

const uidsOf = (pages: readonly Page[]) => pages.flatMap(({ users }) => users.map(({ uid }) => uid));

describe('GET /users', function () {
  this.timeout(30_000);

  async function hostedPages(token: string, query: string): Promise<Page[]> {
    return everyPage(async (pageToken) => {
      const answer = await api(`GET /users?${query}${pageToken ? `&pageToken=${pageToken}` : ''}`, { token });
      assert.equal(answer.status, 200);
      return answer.body;
    });
  }

  it('finds one user by e-mail, and nobody by an e-mail that nobody has', async () => {
    const support = await makeSignedIn(['support']);
    const { uid, email } = await makeUser(['member']);
    const query = (text: string) => api(`GET /users?${text}`, { token: support.idToken });
    assert.deepEqual(uidsOf([(await query(`email=${email}`)).body]), [uid]);
    assert.deepEqual((await query('email=nobody@example.com')).body, { users: [] });
  });

  it('answers e-mail and role together: only who is both', async () => {
    const support = await makeSignedIn(['support']);
    const { uid, email } = await makeUser(['member']);
    const query = (text: string) => api(`GET /users?${text}`, { token: support.idToken });
    assert.deepEqual(uidsOf([(await query(`email=${email}&role=member`)).body]), [uid]);
    assert.deepEqual((await query(`email=${email}&role=admin`)).body, { users: [] });
  });

  it('shows every user exactly once over its pages', async () => {
    const support = await makeSignedIn(['support']);
    const made = await Promise.all(Array.from({ length: 7 }, () => makeUser(['member'])));
    const pages = await hostedPages(support.idToken, 'pageSize=3');
    const uids = uidsOf(pages);
    assert.ok(pages.length > 2 && pages.every(({ users }) => users.length <= 3));
    assert.equal(new Set(uids).size, uids.length);
    for (const { uid } of made) assert.ok(uids.includes(uid));
  });

  it('shows every user of a role exactly once over its pages, and nobody else', async () => {
    const support = await makeSignedIn(['support']);
    const made = await Promise.all(
      Array.from({ length: 10 }, (_, n) => makeUser(n % 2 === 0 ? ['auditor'] : ['member'])),
    );
    const pages = await hostedPages(support.idToken, 'role=auditor&pageSize=2');
    const uids = uidsOf(pages);
    assert.ok(pages.length > 2);
    assert.ok(pages.every(({ users }) => users.every(({ roles }) => roles.includes('auditor'))));
    assert.equal(new Set(uids).size, uids.length);
    made.forEach(({ uid }, n) => {
      assert.equal(uids.includes(uid), n % 2 === 0);
    });
  });

  for (const query of [
    'role=king',
    'pageSize=0',
    'pageSize=101',
    'pageToken=bogus',
    'filter=x',
    'email=ada',
  ]) {
    it(`refuses ?${query}`, async () => {
      const { idToken } = await makeSignedIn(['support']);
      assert.equal(outcome(await api(`GET /users?${query}`, { token: idToken })), '400 invalid_argument');
    });
  }

  it('pages through more users than Firebase Auth gives at once', async () => {
    const project = openProject();
    const reader = await project.add(['support']);
    const { http } = project.instance();
    const made = await project.addMany(2300, (n) => (n % 3 === 0 ? ['member'] : ['auditor']));
    const auditors = made.filter((_, n) => n % 3 !== 0);

    const token = forgeToken(reader, project.id, { roles: ['support'], rv: 1 });
    const get = async (query: string) => {
      const { status, body } = await supertest(http)
        .get(`/v1/users?${query}`)
        .auth(token, { type: 'bearer' });
      assert.equal(status, 200);
      return body as Page;
    };
    const found = await everyPage((page) =>
      get(`role=auditor&pageSize=90${page ? `&pageToken=${page}` : ''}`),
    );
    assert.ok(found.length > 2);
    assert.deepEqual(uidsOf(found).sort(), auditors.sort());
    const all = uidsOf(await everyPage((page) => get(`pageSize=100${page ? `&pageToken=${page}` : ''}`)));
    assert.deepEqual(all.sort(), [reader, ...made].sort());
  });
});
