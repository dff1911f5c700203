import assert from 'node:assert/strict';
import { api, makeSignedIn, makeUser, outcome, setRoles } from '../helpers/emulator.ts';

interface Event {
  readonly id: string;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly outcome: string;
  readonly before?: { readonly grants?: readonly { readonly role: string }[] };
  readonly after?: { readonly grants?: readonly { readonly role: string }[] };
  readonly reason?: string;
  readonly requestId: string;
}

const rolesIn = (side: Event['before']) => side?.grants?.map(({ role }) => role);

describe('the audit log, through Hosting', function () {
  this.timeout(30_000);

  /** An owner makes several changes of a user; an auditor reads the audit log. */
  async function open() {
    const [owner, auditor, ada] = await Promise.all([
      makeSignedIn(['owner']),
      makeSignedIn(['auditor']),
      makeUser(['member']),
    ]);
    const token = owner.idToken;
    const body = { grants: [{ role: 'support' }], version: 1, auditReason: 'joined the desk' };
    const changes = [
      await api(`PUT /users/${ada.uid}/roles`, { token, body }),
      await setRoles(token, ada.uid, ['support', 'auditor'], 2),
      await api(`PATCH /users/${ada.uid}`, { token, body: { disabled: true } }),
      await api(`DELETE /users/${ada.uid}`, { token }),
    ];
    assert.deepEqual(changes.map(outcome), ['200', '200', '200', '204']);
    const read = (query: string) => api(`GET /audit?${query}`, { token: auditor.idToken });
    return { owner, ada, changes, read };
  }

  it('returns actor, target, reason, before and after of each change, newest first', async () => {
    const { owner, ada, changes, read } = await open();
    const { status, body } = await read(`target=${ada.uid}`);
    assert.equal(status, 200);
    const events: Event[] = body.events;
    const actions = events.map(({ action }) => action);
    assert.deepEqual(actions, ['user.delete', 'user.disable', 'roles.set', 'roles.set', 'user.import']);
    assert.deepEqual(
      events.slice(0, 4).map(({ requestId }) => requestId),
      changes.map(({ headers }) => headers.get('X-Request-Id')).reverse(),
    );
    for (const { actor, outcome } of events.slice(0, 4))
      assert.deepEqual([actor, outcome], [owner.uid, 'done']);
    const first = events[3];
    assert.deepEqual([rolesIn(first?.before), rolesIn(first?.after)], [['member'], ['support']]);
    assert.equal(first?.reason, 'joined the desk');
    assert.deepEqual(
      [...events].sort((a, b) => (a.at < b.at ? 1 : -1)),
      events,
    );
    assert.doesNotMatch(JSON.stringify(body), /eyJ|[Pp]assword/);
  });

  it('filters by actor, action and time, and pages', async () => {
    const { owner, ada, read } = await open();
    const all: Event[] = (await read(`target=${ada.uid}`)).body.events;
    const idsOf = (events: readonly Event[]) => events.map(({ id }) => id);
    const { body: sets } = await read(`actor=${owner.uid}&action=roles.set`);
    assert.deepEqual(idsOf(sets.events), idsOf(all.slice(2, 4)));

    // The query has milliseconds; events have microseconds.
    const [, disabled] = all;
    const at = encodeURIComponent(`${disabled?.at.slice(0, 23)}Z`);
    const { body: since } = await read(`target=${ada.uid}&from=${at}`);
    const { body: before } = await read(`target=${ada.uid}&to=${at}`);
    assert.deepEqual(idsOf([...since.events, ...before.events]), idsOf(all));
    assert.ok(since.events.length >= 2 && before.events.length > 0);

    const paged: Event[] = [];
    for (let next: string | undefined = ''; next !== undefined; ) {
      const { body } = await read(`target=${ada.uid}&pageSize=2${next && `&pageToken=${next}`}`);
      assert.ok(body.events.length <= 2);
      paged.push(...body.events);
      next = body.nextPageToken;
    }
    assert.deepEqual(paged, all);
  });

  it('exports all events as NDJSON', async () => {
    const { owner, ada, read } = await open();
    const { events } = (await read(`target=${ada.uid}`)).body;
    const { status, headers, body } = await api(`GET /audit/export?target=${ada.uid}`, {
      token: owner.idToken,
    });
    assert.equal(status, 200);
    assert.match(headers.get('Content-Type') ?? '', /^application\/x-ndjson/);
    const lines: string[] = body.trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      events,
    );
  });

  it('records refused changes', async () => {
    const [owner, mallory] = await Promise.all([makeSignedIn(['owner']), makeSignedIn(['admin'])]);
    const [member, boss] = await Promise.all([makeSignedIn(['member']), makeUser(['owner'])]);
    const refusals = [
      await setRoles(member.idToken, mallory.uid, ['owner']),
      await setRoles(mallory.idToken, boss.uid, []),
      await setRoles(mallory.idToken, mallory.uid, ['owner']),
      await api('POST /directory/reconcile', { token: mallory.idToken }),
    ];
    assert.deepEqual(refusals.map(outcome), [
      '403 permission_denied',
      '403 exceeds_own_permissions',
      '403 own_account',
      '403 permission_denied',
    ]);
    const recorded = async (actor: string) => {
      const { body } = await api(`GET /audit?actor=${actor}`, { token: owner.idToken });
      return (body.events as Event[]).map(({ action, target, outcome }) => `${action} ${target} ${outcome}`);
    };
    assert.deepEqual(await recorded(member.uid), ['access.refused roles:assign refused']);
    assert.deepEqual(await recorded(mallory.uid), [
      'access.refused directory:reconcile refused',
      `roles.set ${mallory.uid} refused`,
      `roles.set ${boss.uid} refused`,
    ]);
  });

  it('requires audit:read, rejects invalid queries, and allows only GET', async () => {
    const [support, auditor] = await Promise.all([makeSignedIn(['support']), makeSignedIn(['auditor'])]);
    assert.equal(outcome(await api('GET /audit', { token: support.idToken })), '403 permission_denied');
    for (const query of ['from=yesterday', 'pageSize=501', 'pageToken=bogus', 'outcome=done']) {
      const answer = await api(`GET /audit?${query}`, { token: auditor.idToken });
      assert.equal(outcome(answer), '400 invalid_argument', query);
    }
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await api(`${method} /audit`, { token: auditor.idToken });
      assert.equal(outcome(answer), '405 method_not_allowed', method);
    }
  });
});
