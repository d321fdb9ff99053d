import { clockText } from './time-format.js';

const STEP_SEC = { ArrowLeft: -10, ArrowRight: 10, ArrowDown: -10, ArrowUp: 10, PageDown: -60, PageUp: 60 };

/** The scrubber: recorded periods on a stretch of wall clock that ends now. Calls `onSeek(epochMs)` when the viewer lets go. */
export class TimelineBar {
  #elements;
  #onSeek;
  #periods = [];
  #range = { startMs: 0, endMs: 1 };
  #positionMs = 0;
  #draggingMs;

  constructor({ root, periods, played, thumb, hint, onSeek }) {
    this.#elements = { root, periods, played, thumb, hint };
    this.#onSeek = onSeek;
    root.addEventListener('pointerdown', (event) => this.#beginDrag(event));
    root.addEventListener('pointermove', (event) => this.#move(event));
    root.addEventListener('pointerup', (event) => this.#endDrag(event));
    root.addEventListener('pointercancel', () => this.#cancelDrag());
    root.addEventListener('pointerleave', () => this.#draggingMs === undefined && this.#showHint(undefined));
    root.addEventListener('keydown', (event) => this.#key(event));
  }

  /** `periods` are `{startMs, endMs}`, ascending. */
  setPeriods(periods) {
    this.#periods = periods;
    this.#drawPeriods();
  }

  /** The stretch shown, and where playback is in it. */
  update({ startMs, endMs, positionMs }) {
    const hasMoved = Math.abs(startMs - this.#range.startMs) > 500 || Math.abs(endMs - this.#range.endMs) > 500;
    this.#range = { startMs, endMs };
    this.#positionMs = positionMs;
    if (hasMoved) this.#drawPeriods();
    this.#drawPosition(this.#draggingMs ?? positionMs);
  }

  #drawPeriods() {
    const { startMs, endMs } = this.#range;
    const marks = this.#periods
      .filter((period) => period.endMs > startMs && period.startMs < endMs)
      .map((period) => {
        const mark = document.createElement('i');
        mark.style.left = `${this.#fractionOf(period.startMs) * 100}%`;
        mark.style.right = `${(1 - this.#fractionOf(period.endMs)) * 100}%`;
        return mark;
      });
    const { periods, played } = this.#elements;
    periods.replaceChildren(...marks);
    played.replaceChildren(...marks.map((mark) => mark.cloneNode()));
  }

  #drawPosition(epochMs) {
    const { root, played, thumb } = this.#elements;
    const fraction = this.#fractionOf(epochMs);
    played.style.clipPath = `inset(0 ${(1 - fraction) * 100}% 0 0)`;
    thumb.style.left = `${fraction * 100}%`;
    root.setAttribute('aria-valuemin', String(Math.round(this.#range.startMs / 1000)));
    root.setAttribute('aria-valuemax', String(Math.round(this.#range.endMs / 1000)));
    root.setAttribute('aria-valuenow', String(Math.round(epochMs / 1000)));
    root.setAttribute('aria-valuetext', clockText(epochMs, this.#range.endMs));
  }

  #beginDrag(event) {
    this.#elements.root.setPointerCapture(event.pointerId);
    this.#draggingMs = this.#timeAt(event);
    this.#drawPosition(this.#draggingMs);
    this.#showHint(this.#draggingMs);
  }

  #move(event) {
    const epochMs = this.#timeAt(event);
    this.#showHint(epochMs);
    if (this.#draggingMs === undefined) return;
    this.#draggingMs = epochMs;
    this.#drawPosition(epochMs);
  }

  #endDrag(event) {
    if (this.#draggingMs === undefined) return;
    const epochMs = this.#timeAt(event);
    this.#cancelDrag();
    this.#onSeek(epochMs);
  }

  #cancelDrag() {
    this.#draggingMs = undefined;
    this.#showHint(undefined);
  }

  #key(event) {
    const stepSec = STEP_SEC[event.key];
    if (stepSec !== undefined) this.#onSeek(this.#positionMs + stepSec * 1000);
    else if (event.key === 'Home') this.#onSeek(this.#range.startMs);
    else if (event.key === 'End') this.#onSeek(this.#range.endMs);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #showHint(epochMs) {
    const { hint } = this.#elements;
    hint.hidden = epochMs === undefined;
    if (epochMs === undefined) return;
    hint.textContent = clockText(epochMs, this.#range.endMs);
    hint.style.left = `${this.#fractionOf(epochMs) * 100}%`;
  }

  #timeAt(event) {
    const box = this.#elements.root.getBoundingClientRect();
    const fraction = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return this.#range.startMs + fraction * (this.#range.endMs - this.#range.startMs);
  }

  #fractionOf(epochMs) {
    const { startMs, endMs } = this.#range;
    return Math.min(1, Math.max(0, (epochMs - startMs) / (endMs - startMs)));
  }
}
