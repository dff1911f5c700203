import { createApi, SignedOut } from './api.js';
import { byId, chips, json } from './dom.js';
import { connect } from './firebase.js';
import { showGates } from './gates.js';
import { clearPeople, listPeople, updatePeople } from './people.js';
import { clearRecord, updateRecord } from './record.js';
import { explain, setUpSignIn } from './sign-in.js';
import { onIdTokenChanged, signOut } from './vendor/firebase.js';
import { clearWristband, showWristband, tickWristband } from './wristband.js';

const POLL_MS = 3_000;
const TURNED_AWAY_MS = 30_000; // each attempt costs a refresh; asking faster would not help

let me; // the latest answer of /me
let shownUser; // whose things are in the page
let isAsking = false;
let pausedUntil = 0; // no polls before

function notify(text) {
  byId('notice-text').textContent = text;
  byId('notice').hidden = text === '';
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

/** Takes everything of whoever was here out of the page. */
function clearAll() {
  me = undefined;
  pausedUntil = 0;
  clearWristband();
  clearPeople();
  clearRecord();
  notify('');
  byId('gates').replaceChildren();
  byId('me-status').textContent = '';
  byId('me-permissions').replaceChildren();
  byId('me-raw').textContent = '';
  byId('who').textContent = '';
}

function start({ auth, projectId, isEmulator }) {
  const call = createApi(auth, () => notify('Your wristband was replaced: your roles changed.'));
  const ownId = () => auth.currentUser?.uid ?? '';

  /** Says what went wrong where the person now is: the SDK signs out whose sessions were ended. */
  function report(error, what) {
    if (error instanceof SignedOut) return;
    if (auth.currentUser) notify(`${what}: ${error.code ?? error.message}`);
    else byId('sign-in-error').textContent = explain(error);
  }

  /** Asks who the API thinks we are; a change of permissions opens or closes the people panel. */
  async function ask() {
    if (isAsking || !auth.currentUser) return;
    isAsking = true;
    try {
      const answer = await call('GET', '/me');
      showMe(answer);
      if (answer.ok) {
        const isFresh = me?.permissions.join() !== answer.body.permissions.join();
        me = answer.body;
        await updatePeople(call, me, isFresh);
        if (isFresh) await updateRecord(call, me);
      } else if (answer.status === 401) {
        pausedUntil = Date.now() + TURNED_AWAY_MS;
        clearPeople();
        clearRecord();
        notify(`The API no longer takes your wristband (${answer.code}). Sign in again.`);
      }
    } catch (error) {
      report(error, 'The API did not answer');
    } finally {
      isAsking = false;
    }
  }

  async function refresh() {
    try {
      await auth.currentUser?.getIdToken(true);
      notify('You have a fresh wristband.');
      await ask();
    } catch (error) {
      report(error, 'The wristband could not be refreshed');
    }
  }

  async function show(user) {
    byId('sign-in').hidden = user !== null;
    byId('park').hidden = user === null;
    if (shownUser !== user) {
      clearAll();
      shownUser = user;
      if (user) showGates(call, ownId);
    }
    if (!user) return;
    const token = await user.getIdToken();
    if (auth.currentUser !== user) return;
    byId('who').textContent = user.email ?? user.uid;
    showWristband(token);
    void ask();
  }

  byId('project').textContent = projectId;
  byId('emulator').hidden = !isEmulator;
  setUpSignIn({ auth, isEmulator });
  byId('refresh').addEventListener('click', refresh);
  byId('sign-out').addEventListener('click', () => signOut(auth));
  byId('people-reload').addEventListener('click', () => me && listPeople(call, me));
  byId('record-reload').addEventListener('click', () => me && updateRecord(call, me));
  byId('people-list').addEventListener('gatehouse:changed', () => me && updateRecord(call, me));
  byId('notice-close').addEventListener('click', () => notify(''));
  document.addEventListener('visibilitychange', () => !document.hidden && ask());
  setInterval(() => !document.hidden && Date.now() > pausedUntil && ask(), POLL_MS);
  setInterval(tickWristband, 1_000);
  onIdTokenChanged(auth, show);
}

try {
  start(await connect());
} catch (error) {
  byId('broken').hidden = false;
  byId('broken-why').textContent = error.message;
} finally {
  byId('loading').hidden = true;
}
