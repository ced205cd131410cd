"use strict";
(function () {
  var day = 86400000, now = new Date();
  var today = Date.UTC(now.getFullYear(), now.getMonth(), now.getDate());
  function left(due) { return Math.round((Date.parse(due + "T00:00:00Z") - today) / day); }
  document.querySelectorAll(".days").forEach(function (node) {
    var days = left(node.dataset.due);
    node.textContent = days > 0 ? "还有 " + days + " 天" : days === 0 ? "就是今天" : "已过 " + -days + " 天";
  });
  document.querySelectorAll("td.late[data-due]").forEach(function (node) {
    var days = -left(node.dataset.due);
    node.textContent = days > 0 ? String(days) : "";
  });
  var table = document.getElementById("units");
  if (!table) { return; }
  var body = table.tBodies[0], rows = Array.from(body.rows);
  var find = document.getElementById("find"), state = document.getElementById("state");
  var type = document.getElementById("type"), shown = document.getElementById("shown");
  function filter() {
    var word = find.value.trim().toLowerCase(), count = 0;
    rows.forEach(function (row) {
      var fits = (!word || row.textContent.toLowerCase().indexOf(word) >= 0) &&
        (!state.value || row.dataset.state === state.value) && (!type.value || row.dataset.type === type.value);
      row.hidden = !fits;
      count += fits ? 1 : 0;
    });
    shown.textContent = count + " / " + rows.length + " 个单位";
  }
  [find, state, type].forEach(function (control) { control.addEventListener("input", filter); });
  var order = new Intl.Collator("zh-CN", { numeric: true });
  Array.from(table.tHead.rows[0].cells).forEach(function (head, column) {
    head.querySelector("button").addEventListener("click", function () {
      var down = head.getAttribute("aria-sort") === "ascending";
      Array.from(table.tHead.rows[0].cells).forEach(function (other) { other.setAttribute("aria-sort", "none"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      rows.sort(function (a, b) {
        var one = a.cells[column].textContent, two = b.cells[column].textContent;
        if (!one !== !two) { return one ? -1 : 1; }
        return (down ? -1 : 1) * order.compare(one, two);
      });
      body.append.apply(body, rows);
    });
  });
  function open() {
    var target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    var folded = target && target.closest("details");
    if (folded) { folded.open = true; target.scrollIntoView(); }
  }
  window.addEventListener("hashchange", open);
  // paper cannot be unfolded: findings somebody has to act on are printed
  var folded = [];
  window.addEventListener("beforeprint", function () {
    folded = Array.from(document.querySelectorAll("details.print:not([open])"));
    folded.forEach(function (part) { part.open = true; });
  });
  window.addEventListener("afterprint", function () {
    folded.forEach(function (part) { part.open = false; });
  });
  open();
  filter();
})();
