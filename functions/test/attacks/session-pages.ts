import assert from 'node:assert/strict';
import { type Api, claimsOf, type Person } from '../helpers/api.ts';
import { mintIdToken } from '../helpers/google.ts';
import { openBrowser, type SessionBrowser } from '../helpers/session-browser.ts';

/** Browsers in front of an API, with or without sessions. */
export const pagesOf = (api: () => Api) => {
  const browser = (cookie?: string): SessionBrowser =>
    Object.assign(openBrowser(`http://127.0.0.1:${api().port}/v1`), { cookie });
  return {
    browser,
    /** @param cookie that the browser has before the sign-in */
    async signedIn(who: Person, cookie?: string): Promise<SessionBrowser> {
      const opened = browser(cookie);
      await opened.signIn(api().token(who));
      return opened;
    },
    /** The documents of all sessions. */
    sessions: async () => (await api().firestore.db.collection('sessions').get()).docs,
  };
};

export const cookieOf = ({ cookie }: SessionBrowser): string => cookie ?? assert.fail('no cookie');

/** A header with a token of a sign-in of this second. */
export async function freshSignIn(who: Person): Promise<Record<string, string>> {
  const now = Math.floor(Date.now() / 1000);
  const times = { auth_time: now, iat: now, exp: now + 3_600 };
  return { Authorization: `Bearer ${await mintIdToken({ ...claimsOf(who), ...times })}` };
}
