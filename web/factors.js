import { SignedOut, whyRefused } from './api.js';
import { addAuthenticatorApp, createRecoveryCodes } from './authenticator-app.js';
import { openDialog } from './dialog.js';
import { byId, h } from './dom.js';
import { canUsePasskeys, createPasskey } from './passkeys.js';

const KINDS = { totp: 'Authenticator app', passkey: 'Passkey' };
let latestRead = 0; // the response of an older read is not shown

/** Shows the second factors of the signed-in user. */
export async function updateFactors(call) {
  latestRead += 1;
  const thisRead = latestRead;
  const answer = await call('GET', '/me/factors');
  if (thisRead !== latestRead) return;
  byId('factors').hidden = false;
  if (!answer.ok) return showNote('bad', whyRefused(answer));
  const { factors, recoveryCodesLeft } = answer.body;
  byId('factors-list').replaceChildren(...factors.map(renderFactor));
  byId('factors-none').hidden = factors.length > 0;
  byId('recovery').hidden = factors.length === 0;
  byId('recovery-left').textContent = String(recoveryCodesLeft);
}

export function clearFactors() {
  latestRead += 1;
  byId('factors').hidden = true;
  byId('factors-list').replaceChildren();
  byId('rename-name').defaultValue = '';
  byId('delete-name').textContent = '';
  showNote('', '');
}

function showNote(kind, text) {
  byId('factors-note').className = `message ${kind}`;
  byId('factors-note').textContent = text;
}

/** @param {() => void} onChanged called after each change of the factors */
export function setUpFactors(call, onChanged) {
  /** Runs a change, which returns the API's answer, or false when the user closed its dialog. Then reads the factors again. */
  async function change(doneText, run) {
    const section = byId('factors');
    const focused = document.activeElement;
    showNote('', '');
    section.inert = true; // one change at a time
    try {
      const answer = await run();
      await updateFactors(call);
      if (answer) showNote(answer.ok ? 'good' : 'bad', answer.ok ? doneText : whyRefused(answer));
      if (answer?.ok) onChanged();
    } catch (error) {
      if (!(error instanceof SignedOut)) showNote('bad', error.message);
    } finally {
      section.inert = false;
      focusAgain(focused);
    }
  }

  const pathOf = (id) => `/me/factors/${encodeURIComponent(id)}`;
  const passkeyButton = byId('passkey-add');
  passkeyButton.disabled = !canUsePasskeys;
  byId('passkey-address').hidden = canUsePasskeys;
  passkeyButton.addEventListener('click', () => change('Passkey added.', () => createPasskey(call)));
  byId('totp-add').addEventListener('click', () =>
    change('Authenticator app added.', () => addAuthenticatorApp(call)),
  );
  byId('recovery-new').addEventListener('click', () =>
    change('The old recovery codes no longer work.', () => createRecoveryCodes(call)),
  );

  byId('factors-list').addEventListener('click', ({ target }) => {
    const { action, id, name } = target.closest('button')?.dataset ?? {};
    if (action === 'rename') void change('Renamed.', () => rename(id, name));
    if (action === 'delete') void change('Deleted.', () => remove(id, name));
  });

  function rename(id, name) {
    byId('rename-name').defaultValue = name;
    return openDialog('rename', (fields) => call('PATCH', pathOf(id), fields));
  }

  function remove(id, name) {
    byId('delete-name').textContent = name;
    return openDialog('delete', () => call('DELETE', pathOf(id)));
  }
}

/** After a dialog, the focus goes back to the button that opened it, which may have been rendered again. */
function focusAgain(button) {
  const { action, id } = button.dataset;
  const again = [...byId('factors-list').querySelectorAll('button')].find(
    ({ dataset }) => dataset.action === action && dataset.id === id,
  );
  (again ?? (button.isConnected ? button : byId('totp-add'))).focus();
}

const day = (time) => new Date(time).toLocaleDateString();

function renderFactor({ id, kind, name, created, lastUsed, backedUp, authenticator }) {
  const facts = [
    name !== KINDS[kind] && KINDS[kind],
    authenticator !== name && authenticator,
    kind === 'passkey' && (backedUp ? 'synced' : 'on one device'),
    `added ${day(created)}`,
    lastUsed ? `last used ${day(lastUsed)}` : 'not used yet',
  ];
  const button = (action, text) =>
    h(
      'button',
      {
        type: 'button',
        'data-action': action,
        'data-id': id,
        'data-name': name,
        'aria-label': `${text} ${name}`,
      },
      text,
    );
  return h(
    'li',
    { className: 'factor', 'data-kind': kind },
    h('div', {}, h('h3', {}, name), h('p', { className: 'quiet' }, facts.filter(Boolean).join(' · '))),
    button('rename', 'Rename'),
    button('delete', 'Delete'),
  );
}
