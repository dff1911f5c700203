import { SignedOut, whyRefused } from './api.js';
import { byId } from './dom.js';

const FRAGMENT = /^#claim-owner(?:=([\w-]+))?$/;

const show = (isShown) => {
  for (const id of ['claim-owner', 'claim-owner-sign-in']) byId(id).hidden = !isShown;
};

/** Opens the form for `#claim-owner=<code>`, and takes the code out of the address: bookmarks and the history keep it. */
function openFromAddress() {
  const [isClaim, code] = FRAGMENT.exec(location.hash) ?? [];
  if (!isClaim) return;
  history.replaceState(null, '', location.pathname);
  show(true);
  if (code) byId('claim-owner-code').value = code;
  byId('claim-owner-code').focus(); // has no effect until a user is signed in
}

/** Removes the code from the page. */
export function closeOwnerClaim() {
  show(false);
  byId('claim-owner-form').reset();
  byId('claim-owner-note').textContent = '';
}

/** @param {() => Promise<void>} onClaimed called when the signed-in user has become the owner */
export function setUpOwnerClaim(call, onClaimed) {
  const form = byId('claim-owner-form');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    form.inert = true; // one attempt at a time
    try {
      const answer = await call('POST', '/claim-owner', { code: byId('claim-owner-code').value });
      if (answer.ok) {
        closeOwnerClaim();
        await onClaimed();
      } else {
        byId('claim-owner-note').textContent = whyRefused(answer);
      }
    } catch (error) {
      if (!(error instanceof SignedOut)) byId('claim-owner-note').textContent = `No answer: ${error.message}`;
    } finally {
      form.inert = false;
    }
  });
  openFromAddress();
  addEventListener('hashchange', openFromAddress);
}
