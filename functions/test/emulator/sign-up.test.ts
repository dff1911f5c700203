import assert from 'node:assert/strict';
import type { Config } from '../../src/config.ts';
import { createUserCreatedTrigger } from '../../src/triggers/user-created.ts';
import { authAdmin, uniqueEmail, until } from '../helpers/emulator.ts';
import { actor, openProject } from './own-project.ts';

describe('sign-up without Identity Platform', function () {
  this.timeout(20_000);

  /** The trigger as deployed, against a project of one's own; `deliver` is one delivery of the event. */
  function open(config: Partial<Config>) {
    const project = openProject();
    const { deps, users } = project.instance({ config });
    const trigger = createUserCreatedTrigger({}, () => deps);
    const deliver = async (uid: string) => {
      const event = { id: 'event', data: { uid } } as unknown as Parameters<typeof trigger.run>[0];
      await trigger.run(event);
    };
    return { project, users, deliver };
  }

  /** A user as sign-up leaves them: no claims yet. */
  async function signUp(
    { project }: ReturnType<typeof open>,
    email: string,
    emailVerified = false,
  ): Promise<string> {
    const uid = await project.add([], { email });
    await project.update(uid, { emailVerified, password: 'correct horse' });
    await project.store.setClaims(uid, {});
    return uid;
  }

  it('the emulator calls it for a user whom an operator creates, too', async () => {
    const { uid } = await authAdmin.createUser({ email: uniqueEmail(), password: 'correct horse' });
    const claims = await until('the default role', async () => (await authAdmin.getUser(uid)).customClaims);
    assert.deepEqual(claims, { roles: ['member'], rv: 1 });
  });

  it('gives the default role once, however often and late the event comes', async () => {
    const opened = open({ defaultRole: 'member' });
    const owner = await opened.project.add(['owner']);
    const uid = await signUp(opened, uniqueEmail());
    await opened.deliver(uid);
    await opened.deliver(uid);
    assert.deepEqual((await opened.users.get(uid)).claims, { roles: ['member'], rv: 1 });

    await opened.users.setRoles(actor(owner), { uid, roles: [], rolesVersion: 1 });
    await opened.deliver(uid);
    assert.deepEqual((await opened.users.get(uid)).roles, []);
  });

  it('does nothing for a user who is gone', async () => {
    const opened = open({ defaultRole: 'member' });
    await assert.doesNotReject(opened.deliver('nobody'));
  });

  it('gives no role where there is no default one', async () => {
    const opened = open({ defaultRole: 'none' });
    const uid = await signUp(opened, uniqueEmail());
    await opened.deliver(uid);
    assert.deepEqual((await opened.users.get(uid)).claims, {});
  });

  for (const domain of ['acme.com.evil.com', 'notacme.com', 'evil.com']) {
    it(`disables who signs up with ${domain} where only acme.com may`, async () => {
      const opened = open({ signUpDomains: ['acme.com'] });
      const uid = await signUp(opened, uniqueEmail(domain), true);
      await opened.deliver(uid);
      const { disabled, roles } = await opened.users.get(uid);
      assert.deepEqual([disabled, roles], [true, []]);
    });
  }

  it('admits who signs up with the domain in capitals, and has proved it', async () => {
    const opened = open({ signUpDomains: ['acme.com'] });
    const uid = await signUp(opened, uniqueEmail('ACME.com'), true);
    await opened.deliver(uid);
    assert.deepEqual((await opened.users.get(uid)).roles, ['member']);
  });

  it('gives an unproved address no role', async () => {
    const opened = open({ signUpDomains: ['acme.com'] });
    const uid = await signUp(opened, uniqueEmail('acme.com'));
    await opened.deliver(uid);
    const { disabled, roles } = await opened.users.get(uid);
    assert.deepEqual([disabled, roles], [false, []]);
  });
});
