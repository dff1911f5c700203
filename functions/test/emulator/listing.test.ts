import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import supertest from 'supertest';
import { api, makeSignedIn, makeUser, outcome } from '../helpers/emulator.ts';
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

  const asSupport = async () => (await makeSignedIn(['support'])).idToken;

  it('finds users by e-mail prefix in any case, sorted by address', async () => {
    const token = await asSupport();
    const team = `team-${randomUUID()}`;
    const [bob, ada, other] = await Promise.all([
      makeUser(['member'], { email: `${team}-bob@example.com` }),
      makeUser(['member'], { email: `${team}-ada@example.com` }),
      makeUser(['member'], { email: `x-${team}@example.com` }),
    ]);
    const find = async (email: string) =>
      uidsOf([(await api(`GET /users?emailPrefix=${email}`, { token })).body]);
    assert.deepEqual(await find(team), [ada.uid, bob.uid]);
    assert.deepEqual(await find(`${team.toUpperCase()}-Bob`), [bob.uid]);
    assert.deepEqual(await find(other.email), [other.uid]);
    assert.deepEqual(await find(`${team}-eve`), []);
    assert.deepEqual(uidsOf(await hostedPages(token, `emailPrefix=${team}&pageSize=1`)), [ada.uid, bob.uid]);
  });

  it('combines the filters for e-mail, role and state', async () => {
    const admin = await makeSignedIn(['admin']);
    const token = admin.idToken;
    const team = `team-${randomUUID()}`;
    const email = (name: string) => ({ email: `${team}-${name}@example.com` });
    const [ada, bob, eve] = await Promise.all([
      makeUser(['auditor'], email('ada')),
      makeUser(['auditor', 'member'], email('bob')),
      makeUser(['member'], email('eve')),
    ]);
    const disable = ({ uid }: { uid: string }) =>
      api(`PATCH /users/${uid}`, { token, body: { disabled: true } });
    assert.deepEqual((await Promise.all([bob, eve].map(disable))).map(outcome), ['200', '200']);
    const find = async (query: string) =>
      uidsOf([(await api(`GET /users?emailPrefix=${team}&${query}`, { token })).body]);
    assert.deepEqual(await find('role=auditor'), [ada.uid, bob.uid]);
    assert.deepEqual(await find('disabled=true'), [bob.uid, eve.uid]);
    assert.deepEqual(await find('disabled=false'), [ada.uid]);
    assert.deepEqual(await find('role=auditor&disabled=true'), [bob.uid]);
    assert.deepEqual(await find('role=admin'), []);
    const disabled = uidsOf(await hostedPages(token, 'disabled=true&role=auditor&pageSize=50'));
    assert.ok(disabled.includes(bob.uid) && !disabled.includes(eve.uid));
  });

  it('lists every user exactly once over all pages', async () => {
    const token = await asSupport();
    const made = await Promise.all(Array.from({ length: 7 }, () => makeUser(['member'])));
    const pages = await hostedPages(token, 'pageSize=20');
    const uids = uidsOf(pages);
    assert.ok(pages.every(({ users }) => users.length <= 20));
    assert.equal(new Set(uids).size, uids.length);
    for (const { uid } of made) assert.ok(uids.includes(uid));
  });

  it('lists exactly the users of a role, each once over all pages', async () => {
    const project = openProject();
    const { deps, http } = project.instance();
    const reader = await project.add(['support']);
    const made = await project.addMany(60, (n) => (n % 3 === 0 ? ['member'] : ['auditor']));
    await Promise.all(made.map((uid) => deps.users.get(uid))); // provisions the entries
    const token = await project.token(reader);
    const pages = await everyPage(async (pageToken) => {
      const query = { role: 'auditor', pageSize: 7, ...(pageToken && { pageToken }) };
      const { status, body } = await supertest(http)
        .get('/v1/users')
        .query(query)
        .auth(token, { type: 'bearer' });
      assert.equal(status, 200);
      return body as Page;
    });
    assert.equal(pages.length, 6);
    assert.deepEqual(uidsOf(pages).sort(), made.filter((_, n) => n % 3 !== 0).sort());
  });

  it('rejects unknown and invalid query parameters', async () => {
    const token = await asSupport();
    const queries = ['role=king', 'pageSize=0', 'pageSize=101', 'pageToken=bogus', 'filter=x', 'disabled=1'];
    for (const query of queries) {
      assert.equal(outcome(await api(`GET /users?${query}`, { token })), '400 invalid_argument', query);
    }
  });

  it('rejects the page token of another query', async () => {
    const token = await asSupport();
    await makeUser(['member']);
    const { body } = await api('GET /users?pageSize=1', { token });
    const answer = await api(`GET /users?pageSize=1&emailPrefix=a&pageToken=${body.nextPageToken}`, {
      token,
    });
    assert.equal(outcome(answer), '400 invalid_argument');
  });
});
