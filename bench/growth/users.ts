import { authenticate } from '../../functions/src/authn/authenticate.ts';
import { loadConfig } from '../../functions/src/config.ts';
import { toDocument } from '../../functions/src/directory/entry-document.ts';
import type { OpenedFirestore } from '../../functions/src/platform/firestore/firestore.ts';
import { entryOf } from '../../functions/test/consistency/seed.ts';
import { openGoogle, PROJECT } from '../../functions/test/helpers/google.ts';
import { openInstance } from '../../functions/test/helpers/open-instance.ts';
import { openFirestoreAt, startFirestoreProcess } from '../lib/firestore.ts';
import type { Sizes } from '../lib/sizes.ts';
import { firebaseToken } from '../lib/tokens.ts';
import type { GrowthSeries } from './growth-series.ts';

const ORDINARY = 'authenticate, ordinary request';
const PRIVILEGED = 'authenticate, privileged request (reads entry and account)';
const LIST = 'first page of users';

const SAMPLE = 50;
/** Documents in one commit. */
const BATCH = 500;

/** An ordinary request, a privileged request, and a page of the list, with more and more users in the directory. */
export async function createUsersSeries({ growth: { users } }: Sizes): Promise<GrowthSeries> {
  const google = await openGoogle();
  // Few reads of the revocation feed: it is not measured here.
  const config = loadConfig({ GCLOUD_PROJECT: PROJECT, ACCESS_CHANGE_MAX_AGE: '60' });
  const opened: { stop(): void }[] = [];
  const callsByCount = new Map<number, Record<string, (index: number) => unknown>>();
  for (const count of users) {
    const firestore = await startFirestoreProcess();
    opened.push(firestore);
    const open = openFirestoreAt(firestore.host);
    await fill(await open(), count);
    const deps = openInstance(config, { app: google.app, fetch: google.fetch, firestore: open });
    const tokens: string[] = [];
    for (let index = 0; index < SAMPLE; index++) {
      const sub = `user-${Math.floor((index * count) / SAMPLE)}`;
      const customAttributes = JSON.stringify({ roles: ['member'], rv: 1 });
      const providerUserInfo = [{ providerId: 'password', rawId: `${sub}@example.com` }];
      google.users.set(sub, {
        ...{
          localId: sub,
          email: `${sub}@example.com`,
          emailVerified: true,
          customAttributes,
          providerUserInfo,
        },
      } as Parameters<typeof google.users.set>[1]);
      tokens.push(await firebaseToken({ sub, user_id: sub, email: `${sub}@example.com` }));
    }
    const authenticateUser = (index: number, fresh: boolean) =>
      authenticate(deps, { authenticator: deps.bearer, value: tokens[index % SAMPLE] ?? '' }, { fresh });
    callsByCount.set(count, {
      [ORDINARY]: (index) => authenticateUser(index, false),
      [PRIVILEGED]: (index) => authenticateUser(index, true),
      [LIST]: () => deps.users.list({ pageSize: 20 }),
    });
  }
  return {
    ...{
      variable: 'users in the directory',
      callsByCount,
      callFactors: { [PRIVILEGED]: 0.02, [LIST]: 0.005 },
    },
    mustStayFlat: [ORDINARY, PRIVILEGED],
    async close() {
      for (const one of opened) one.stop();
      await google.close();
    },
  };
}

async function fill({ db }: OpenedFirestore, count: number): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    const batch = db.batch();
    for (let index = from; index < Math.min(count, from + BATCH); index++) {
      batch.set(db.doc(`directory/user-${index}`), toDocument(entryOf(`user-${index}`, ['member'])));
    }
    await batch.commit();
  }
}
