import { openDialog } from './dialog.js';
import { byId } from './dom.js';
import { canUsePasskeys, provePasskey } from './passkeys.js';

let pending; // calls that are refused meanwhile wait for the same dialog

/**
 * Asks for a second factor when the API answers `step_up_required`, and then repeats the call. When the user has nothing to
 * prove or closes the dialog, the answer is the refusal.
 */
export function withStepUp(call) {
  return async function callWithStepUp(method, path, body) {
    const answer = await call(method, path, body);
    if (answer.code !== 'step_up_required') return answer;
    pending ??= prove(call, answer.problem.stepUp?.factors ?? []).finally(() => {
      pending = undefined;
    });
    return (await pending) ? call(method, path, body) : answer;
  };
}

async function prove(call, factors) {
  const hasCode = factors.includes('totp') || factors.includes('recovery-code');
  const hasPasskey = factors.includes('passkey') && canUsePasskeys;
  if (!hasCode && !hasPasskey) return false;
  const passkey = byId('step-up-passkey');
  byId('step-up-codes').hidden = !hasCode;
  byId('step-up-code').disabled = !hasCode;
  byId('step-up-confirm').hidden = !hasCode;
  passkey.hidden = !hasPasskey;
  passkey.className = hasCode ? '' : 'primary';

  return openDialog('step-up', ({ code }, button) =>
    button === passkey ? provePasskey(call) : call('POST', '/me/step-up', proofOf(code)),
  );
}

/** Authenticator apps show six digits; recovery codes are longer. */
function proofOf(text) {
  const code = text.replace(/\s/g, '');
  return /^\d{6}$/.test(code) ? { totp: code } : { recoveryCode: code };
}
