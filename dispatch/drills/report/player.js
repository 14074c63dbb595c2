// The replay: one canvas, no library, no network. Reads the JSON that stands in the page.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("replay-data").textContent);
  const canvas = document.getElementById("replay");
  const scrub = document.getElementById("scrub");
  const play = document.getElementById("play");
  const speed = document.getElementById("speed");
  const time = document.getElementById("replay-time");
  const now = document.getElementById("replay-now");
  const SEVERITY = { I: "#c1121f", II: "#e85d04", III: "#e9b44c", IV: "#2a6fdb" };
  const EARTH_M_PER_DEGREE = 111320;
  const zone = document.documentElement.dataset.timezone;
  const began = Date.parse(data.began);
  let at = 0;
  let playing = false;
  let last = 0;

  const points = [
    ...data.ring,
    ...data.incidents.map((i) => i.at),
    ...data.people.flatMap((p) => p.way),
  ];
  const lons = points.map((p) => p[0]);
  const lats = points.map((p) => p[1]);
  const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
  const west = least(lons), east = most(lons), south = least(lats), north = most(lats);
  const squeeze = Math.cos(((south + north) / 2) * (Math.PI / 180));

  let view = { scale: 1, left: 0, top: 0, ratio: 1 };
  function fit() {
    const box = canvas.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.max(1, box.width * ratio);
    canvas.height = Math.max(1, box.height * ratio);
    const wide = Math.max(1e-4, (east - west) * squeeze);
    const high = Math.max(1e-4, north - south);
    const scale = Math.min((box.width - 60) / wide, (box.height - 60) / high);
    view = {
      scale,
      left: (box.width - wide * scale) / 2,
      top: (box.height - high * scale) / 2,
      ratio,
    };
  }
  const place = ([lon, lat]) => [
    view.left + (lon - west) * squeeze * view.scale,
    view.top + (north - lat) * view.scale,
  ];

  function trace(context, line, close) {
    context.beginPath();
    line.forEach((point, n) => {
      const [x, y] = place(point);
      if (n === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    });
    if (close) context.closePath();
  }

  const during = (thing) => at >= thing.from && (thing.to === null || at < thing.to);
  function count(steps) {
    let found = 0;
    for (const [from, heads] of steps) {
      if (from > at) break;
      found = heads;
    }
    return found;
  }

  function along(way, share) {
    const lengths = way.slice(1).map((p, n) =>
      Math.hypot((p[0] - way[n][0]) * squeeze, p[1] - way[n][1]),
    );
    let left = share * lengths.reduce((a, b) => a + b, 0);
    for (let n = 0; n < lengths.length; n++) {
      if (left <= lengths[n] && lengths[n] > 0) {
        const part = left / lengths[n];
        return [0, 1].map((k) => way[n][k] + part * (way[n + 1][k] - way[n][k]));
      }
      left -= lengths[n];
    }
    return way[way.length - 1];
  }

  /** Where somebody is: [point, state], or null when not out. */
  function whereabouts(person) {
    const { way, left, there, gone, home, down, eta } = person;
    if (at < left) return null;
    if (down !== null && at >= down) return null;
    if (there === null || at < there) {
      const needs = Math.max(1, (there ?? left + eta) - left);
      return [along(way, Math.min(1, (at - left) / needs)), "going"];
    }
    if (gone === null || at < gone) return [way[way.length - 1], "there"];
    const back = home ?? gone + eta;
    if (at >= back) return null;
    return [along(way, 1 - (at - gone) / Math.max(1, back - gone)), "home"];
  }

  function drawZones(context) {
    context.fillStyle = "rgba(193,18,31,.16)";
    context.strokeStyle = "rgba(193,18,31,.8)";
    context.lineWidth = 1.5;
    for (const zone of data.zones.filter(during)) {
      const wide = (zone.radius_m / EARTH_M_PER_DEGREE) * view.scale;
      for (const part of zone.parts) {
        for (const line of part) {
          if (zone.form === "POINT") {
            const [x, y] = place(line[0]);
            context.beginPath();
            context.arc(x, y, Math.max(4, wide), 0, 2 * Math.PI);
            context.fill();
            context.stroke();
          } else {
            trace(context, line, zone.form === "AREA");
            if (zone.form === "AREA") context.fill();
            context.lineWidth = zone.form === "LINE" ? Math.max(2, 2 * wide) : 1.5;
            context.stroke();
            context.lineWidth = 1.5;
          }
        }
      }
    }
  }

  function drawPeople(context) {
    for (const person of data.people) {
      const found = whereabouts(person);
      if (!found) continue;
      const [x, y] = place(found[0]);
      context.beginPath();
      if (found[1] === "going") {
        context.fillStyle = "#0072b2";
        context.moveTo(x, y - 5);
        context.lineTo(x + 4.5, y + 4);
        context.lineTo(x - 4.5, y + 4);
      } else {
        context.fillStyle = found[1] === "there" ? "#332288" : "#8899a6";
        context.rect(x - 3.5, y - 3.5, 7, 7);
      }
      context.fill();
      context.lineWidth = 1;
      context.strokeStyle = "white";
      context.stroke();
    }
  }

  function drawIncident(context, incident) {
    const needs = data.needs.filter((n) => n.incident === incident.id && during(n));
    const wanted = needs.reduce((sum, n) => sum + n.desired, 0);
    const came = needs.reduce((sum, n) => sum + Math.min(n.desired, count(n.present)), 0);
    const taken = needs.reduce((sum, n) => sum + Math.min(n.desired, count(n.taken)), 0);
    const [x, y] = place(incident.at);
    const ring = (share, colour, width) => {
      context.beginPath();
      context.arc(x, y, 15, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * share);
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke();
    };
    context.beginPath();
    context.arc(x, y, 12, 0, 2 * Math.PI);
    context.fillStyle = SEVERITY[incident.severity];
    context.fill();
    if (wanted > 0) {
      ring(1, "rgba(128,128,128,.45)", 4);
      ring(taken / wanted, "#56b4e9", 4);
      ring(came / wanted, "#009e73", 4);
    }
    context.fillStyle = incident.severity === "III" ? "#111" : "#fff";
    context.font = "bold 12px serif";
    context.textAlign = "center";
    context.fillText(incident.severity, x, y + 4);
    if (wanted > 0) {
      context.font = "12px sans-serif";
      context.fillStyle = ink();
      context.fillText(`${came}/${wanted}`, x, y + 31);
    }
  }

  const ink = () => getComputedStyle(document.body).color;

  function draw() {
    const context = canvas.getContext("2d");
    context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.strokeStyle = "rgba(128,140,150,.45)";
    context.lineWidth = 0.7;
    for (const line of data.ground) {
      trace(context, line, false);
      context.stroke();
    }
    if (data.ring.length > 0) {
      context.setLineDash([6, 4]);
      trace(context, data.ring, true);
      context.stroke();
      context.setLineDash([]);
    }
    drawZones(context);
    for (const incident of data.incidents) if (during(incident)) drawIncident(context, incident);
    drawPeople(context);
    tell();
  }

  function tell() {
    const lang = document.documentElement.lang;
    const when = new Date(began + at * 1000);
    time.textContent = when.toLocaleString(lang, {
      timeZone: zone, month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
      hour12: false,
    });
    let said = "";
    for (const [from, , text] of data.ticks) {
      if (from > at) break;
      said = text;
    }
    now.textContent = said;
    scrub.value = String(at);
    scrub.setAttribute("aria-valuetext", time.textContent);
  }

  function frame(stamp) {
    if (!playing) return;
    at = Math.min(data.length_s, at + ((stamp - last) / 1000) * Number(speed.value));
    last = stamp;
    if (at >= data.length_s) set(false);
    draw();
    requestAnimationFrame(frame);
  }

  function set(on) {
    playing = on;
    play.setAttribute("aria-pressed", String(on));
    document.documentElement.dataset.playing = String(on);
    if (!on) return;
    if (at >= data.length_s) at = 0;
    last = performance.now();
    requestAnimationFrame(frame);
  }

  function jump(seconds) {
    at = Math.min(data.length_s, Math.max(0, seconds));
    draw();
  }

  scrub.max = String(data.length_s);
  scrub.addEventListener("input", () => jump(Number(scrub.value)));
  play.addEventListener("click", () => set(!playing));
  document.addEventListener("keydown", (event) => {
    if (/^(INPUT|SELECT|TEXTAREA|BUTTON)$/.test(event.target.tagName) && event.key !== "Escape") return;
    if (event.key === " ") set(!playing);
    else if (event.key === "ArrowRight") jump(at + 60);
    else if (event.key === "ArrowLeft") jump(at - 60);
    else return;
    event.preventDefault();
  });
  for (const link of document.querySelectorAll("[data-at]"))
    link.addEventListener("click", () => {
      jump(Number(link.dataset.at));
      canvas.scrollIntoView({ block: "center" });
    });
  window.addEventListener("resize", () => { fit(); draw(); });
  document.addEventListener("languagechange-report", draw);
  fit();
  draw();
  document.documentElement.dataset.replay = "ready";
})();
