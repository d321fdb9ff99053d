const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});
const DAY = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short' });
const DAY_SEC = 86_400;

/** Wall clock of the viewer, with the day when it is not today. */
export function clockText(epochMs, nowMs) {
  const time = CLOCK.format(epochMs);
  const isToday = new Date(epochMs).toDateString() === new Date(nowMs).toDateString();
  return isToday ? time : `${DAY.format(epochMs)} ${time}`;
}

/** A length of time: `12 s`, `3:07`, `1:02:09`, `2 d 4 h`. */
export function durationText(durationSec) {
  const total = Math.max(0, Math.round(durationSec));
  if (total < 60) return `${total} s`;
  if (total >= DAY_SEC) return `${Math.floor(total / DAY_SEC)} d ${Math.floor((total % DAY_SEC) / 3600)} h`;
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60];
  const two = (value) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** A short measured time, with one decimal. */
export const secondsText = (seconds) => (Number.isFinite(seconds) ? `${seconds.toFixed(1)} s` : '–');
