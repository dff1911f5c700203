import { whyRefused } from './api.js';
import { byId } from './dom.js';

/**
 * Opens a dialog of index.html, and closes it when the API accepts what its form is submitted with.
 * @param {(fields: Record<string, string>, button: HTMLElement) => Promise<object>} submit returns the API's answer. What it
 *   throws is shown.
 * @returns the API's answer; false when the user closed the dialog
 */
export function openDialog(id, submit) {
  const dialog = byId(id);
  const form = dialog.querySelector('form');
  const error = dialog.querySelector('[role=alert]');
  let accepted = false;

  form.onsubmit = async (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form));
    form.inert = true; // one attempt at a time
    try {
      const answer = await submit(fields, event.submitter);
      if (answer.ok) {
        accepted = answer;
        dialog.close();
      } else error.textContent = whyRefused(answer);
    } catch (problem) {
      error.textContent = problem.message;
    } finally {
      form.inert = false;
      if (dialog.open) dialog.querySelector('[autofocus]')?.focus();
    }
  };
  for (const button of dialog.querySelectorAll('[data-close]')) button.onclick = () => dialog.close();

  return new Promise((resolve) => {
    dialog.onclose = () => {
      form.reset(); // no code stays in the page
      error.textContent = '';
      resolve(accepted);
    };
    dialog.showModal();
  });
}

export function closeDialogs() {
  for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
}
