/* On a phone Streamlit lists the pages with a section between them that is no item of a list; so to screen readers they
are plain links in a navigation, which they are anyway. */
(() => {
  const LIST = "[data-testid=stSidebarNavItems]";
  const mend = () => {
    for (const part of document.querySelectorAll(`${LIST}:not([role]), ${LIST} li:not([role])`)) part.role = "none";
  };
  if (window.navigationIsMended) return;
  window.navigationIsMended = true;
  new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
  mend();
})();
