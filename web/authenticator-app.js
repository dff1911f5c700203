import { openDialog } from './dialog.js';
import { byId, h } from './dom.js';

/**
 * Adds an authenticator app (TOTP): shows the secret as a QR code, and asks for a code of the app.
 * @returns the API's answer; false when the user closed the dialog
 */
export async function addAuthenticatorApp(call) {
  const started = await call('POST', '/me/factors/totp', {});
  if (!started.ok) return started;
  const { qr, secret, uri } = started.body;
  byId('totp-qr').src = `data:image/svg+xml,${encodeURIComponent(qr)}`; // an image runs no scripts
  byId('totp-link').replaceChildren(h('a', { href: uri }, 'open the app on this device'));
  byId('totp-secret').textContent = secret.match(/.{1,4}/g).join(' ');
  const confirmed = await openDialog('totp', ({ code }) =>
    call('POST', '/me/factors/totp/confirm', { code: code.replace(/\s/g, '') }),
  );
  byId('totp-qr').removeAttribute('src');
  byId('totp-link').replaceChildren();
  byId('totp-secret').textContent = '';
  if (confirmed?.body?.recoveryCodes) await showRecoveryCodes(confirmed.body.recoveryCodes);
  return confirmed;
}

/** Replaces the recovery codes. @returns the API's answer */
export async function createRecoveryCodes(call) {
  const answer = await call('POST', '/me/factors/recovery-codes', {});
  if (answer.ok) await showRecoveryCodes(answer.body.recoveryCodes);
  return answer;
}

async function showRecoveryCodes(codes) {
  const list = byId('recovery-codes-list');
  const note = byId('recovery-codes-note');
  list.replaceChildren(...codes.map((code) => h('li', {}, code)));
  note.textContent = '';
  byId('recovery-codes-copy').onclick = async () => {
    await navigator.clipboard.writeText(codes.join('\n'));
    note.textContent = 'Copied.';
  };
  await openDialog('recovery-codes', async () => ({ ok: true }));
  list.replaceChildren();
}
