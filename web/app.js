import { createApi, SignedOut, whyRefused } from './api.js';
import { clearAuditLog, updateAuditLog } from './audit-log.js';
import { closeOwnerClaim, setUpOwnerClaim } from './claim-owner.js';
import { closeDialogs } from './dialog.js';
import { byId, chips, h, json } from './dom.js';
import { clearFactors, setUpFactors, updateFactors } from './factors.js';
import { connect } from './firebase.js';
import { clearIdToken, showIdToken, updateCountdown } from './id-token.js';
import { endAutofill } from './passkeys.js';
import { explain, setUpSignIn } from './sign-in.js';
import { withStepUp } from './step-up.js';
import { showEndpoints } from './try-endpoint.js';
import { clearUsers, listUsers, updateUsers } from './users.js';
import { BASE_PATH } from './vendor/base-path.js';
import { onIdTokenChanged, signOut } from './vendor/firebase.js';
import { showHidden } from './vendor/text.js';

const POLL_MS = 3_000;
const RETRY_AFTER_401_MS = 30_000; // each attempt costs a token refresh

let me; // the latest response of GET /me
let shownUser; // the user this page shows
let isPolling = false;
let pausedUntil = 0; // no polls before this time, in ms

/** @param {(() => void) | null} tryAgain what the notice's button does; null: it has none */
function notify(text, tryAgain = null) {
  byId('notice-text').textContent = text;
  byId('notice').hidden = text === '';
  byId('notice-action').hidden = tryAgain === null;
  byId('notice-action').onclick = tryAgain;
}

function showMe(answer) {
  const time = new Date().toLocaleTimeString();
  byId('me-status').textContent = answer.ok
    ? `${answer.status}, ${time}`
    : `${answer.status} ${answer.code}, ${time}`;
  byId('me-status').className = `status ${answer.ok ? 'good' : 'bad'}`;
  byId('me-permissions').replaceChildren(chips(answer.body?.permissions ?? [], 'Permissions', 'plain'));
  byId('me-raw').textContent = json(answer.body ?? null);
}

/** Removes all data of the previous user from the page. */
function clearAll() {
  me = undefined;
  pausedUntil = 0;
  clearIdToken();
  clearUsers();
  clearAuditLog();
  clearFactors();
  closeDialogs();
  notify('');
  byId('endpoints').replaceChildren();
  byId('me-status').textContent = '';
  byId('me-permissions').replaceChildren();
  byId('me-raw').textContent = '';
  byId('who').textContent = '';
}

function start({ auth, projectId, isEmulator }) {
  const call = withStepUp(createApi(auth, () => notify('Your roles changed. The page has a new ID token.')));
  const ownId = () => auth.currentUser?.uid ?? '';

  /** Shows an error where the user is now: the SDK signs a user out after their sessions are revoked. */
  function report(error, what) {
    if (error instanceof SignedOut) return;
    if (auth.currentUser) notify(`${what}: ${error.code ?? error.message}`);
    else byId('sign-in-error').textContent = explain(error);
  }

  /** A new user has the role in the directory before the ID token has it: Firestore rules need a token with the role. */
  async function renewOlderToken({ roles }) {
    const { claims } = (await auth.currentUser?.getIdTokenResult()) ?? {};
    if (claims && roles.join() !== (claims.roles ?? []).join()) await auth.currentUser?.getIdToken(true);
  }

  /** Reads GET /me. When the permissions changed, shows or hides the users and the audit log. */
  async function poll() {
    if (isPolling || !auth.currentUser) return;
    isPolling = true;
    try {
      const answer = await call('GET', '/me');
      showMe(answer);
      if (answer.ok) {
        if (me === undefined) await renewOlderToken(answer.body);
        const isChanged = me?.permissions.join() !== answer.body.permissions.join();
        me = answer.body;
        await updateUsers(call, me, isChanged);
        if (isChanged) await updateAuditLog(call, me);
      } else if (answer.status === 401) {
        const isStepUp = answer.code === 'step_up_required';
        pausedUntil = isStepUp ? Infinity : Date.now() + RETRY_AFTER_401_MS;
        me = undefined;
        clearUsers();
        clearAuditLog();
        if (isStepUp) notify(whyRefused(answer), resume);
        else notify(`The API refused your ID token (${answer.code}). Sign in again.`);
      }
    } catch (error) {
      report(error, 'The API did not answer');
    } finally {
      isPolling = false;
    }
  }

  function resume() {
    pausedUntil = 0;
    notify('');
    void poll();
  }

  async function refresh() {
    try {
      await auth.currentUser?.getIdToken(true);
      notify('ID token refreshed.');
      await poll();
    } catch (error) {
      report(error, 'The ID token could not be refreshed');
    }
  }

  async function show(user) {
    byId('sign-in').hidden = user !== null;
    byId('signed-in').hidden = user === null;
    if (shownUser !== user) {
      if (shownUser) closeOwnerClaim(); // a code of the address waits for the sign-in
      clearAll();
      shownUser = user;
      if (user) {
        endAutofill();
        showEndpoints(call, ownId);
        updateFactors(call).catch((error) => report(error, 'The second factors could not be read'));
      }
    }
    if (!user) return offerPasskeys();
    const token = await user.getIdToken();
    if (auth.currentUser !== user) return;
    byId('who').textContent = showHidden(user.email ?? user.uid);
    showIdToken(token);
    void poll();
  }

  async function showOwnership() {
    await refresh();
    notify('You are the owner of this project.');
  }

  byId('project').textContent = projectId;
  byId('emulator').hidden = !isEmulator;
  const offerPasskeys = setUpSignIn({ auth, isEmulator });
  setUpFactors(call, () => pausedUntil === Infinity && resume());
  setUpOwnerClaim(call, showOwnership);
  byId('refresh').addEventListener('click', refresh);
  byId('sign-out').addEventListener('click', () => signOut(auth));
  byId('users-reload').addEventListener('click', () => me && listUsers(call, me));
  byId('audit-log-reload').addEventListener('click', () => me && updateAuditLog(call, me));
  byId('users-list').addEventListener('gatehouse:changed', () => me && updateAuditLog(call, me));
  byId('notice-close').addEventListener('click', () => notify(''));
  const pollIfVisible = () => !document.hidden && Date.now() > pausedUntil && poll();
  document.addEventListener('visibilitychange', pollIfVisible);
  setInterval(pollIfVisible, POLL_MS);
  setInterval(updateCountdown, 1_000);
  onIdTokenChanged(auth, show);
}

byId('api-links').prepend(
  h('a', { href: `${BASE_PATH}/health` }, 'API health'),
  ' ',
  h('a', { href: `${BASE_PATH}/openapi.json` }, 'OpenAPI 3.1 document'),
  ' ',
);
try {
  start(await connect());
} catch (error) {
  byId('broken').hidden = false;
  byId('broken-why').textContent = error.message;
} finally {
  byId('loading').hidden = true;
}
