import { SignedOut } from './api.js';
import { byId, h } from './dom.js';

const PAGE_SIZE = 12;
let stamp = 0; // of the newest reading: what an older one still brings is not shown

/** The newest entries of the audit trail, for those who may read it. */
export async function updateRecord(call, me) {
  if (!me.permissions.includes('audit:read')) return clearRecord();
  stamp += 1;
  const current = stamp;
  byId('record').hidden = false;
  try {
    const answer = await call('GET', `/audit?pageSize=${PAGE_SIZE}`);
    if (current !== stamp) return;
    byId('record-note').textContent = answer.ok
      ? ''
      : `${answer.problem?.detail ?? answer.problem?.title} (${answer.code})`;
    if (answer.ok) byId('record-list').replaceChildren(...answer.body.events.map(renderEvent));
  } catch (error) {
    if (!(error instanceof SignedOut)) byId('record-note').textContent = `No answer: ${error.message}`;
  }
}

export function clearRecord() {
  stamp += 1;
  byId('record').hidden = true;
  byId('record-list').replaceChildren();
  byId('record-note').textContent = '';
}

function renderEvent({ at, actor, action, target, outcome, before, after, reason }) {
  const isRefused = outcome === 'refused';
  const change = [rolesOf(before), rolesOf(after)];
  return h(
    'li',
    { className: 'event', 'data-outcome': outcome },
    h('time', { dateTime: at }, new Date(at).toLocaleTimeString()),
    h(
      'p',
      {},
      h('code', {}, actor),
      isRefused ? ' was refused ' : ' ',
      // At a gate the target is the permission that was missing, and says it all.
      action !== 'access.refused' && h('b', {}, action),
      ' ',
      h('code', {}, target),
      change[0] !== change[1] && `: ${change[0] ?? 'nothing'} → ${change[1] ?? 'nothing'}`,
      reason !== undefined && h('span', { className: 'quiet' }, ` · ${reason}`),
    ),
  );
}

const rolesOf = (side) => side?.grants && (side.grants.map(describe).join(', ') || 'no role');

const describe = ({ role, expiresAt }) =>
  expiresAt === undefined ? role : `${role} until ${new Date(expiresAt * 1000).toLocaleString()}`;
