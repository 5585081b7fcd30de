// The German texts of the outcomes, and of what a look at a server finds.
import type { Finding, FindingWords } from './findings.ts'
import type { OutcomeTexts } from './words.ts'

export const deOutcomes: OutcomeTexts = {
  givenUp: {
    connect:
      'Wir versuchen es nicht mehr von selbst und haben das App-Passwort nicht mehr. Verbinden Sie den Kanal neu, wenn die Ursache behoben ist.',
    verify: 'Wir versuchen es nicht mehr von selbst. Versuchen Sie es erneut, wenn die Ursache behoben ist.',
  },
  phrases: {
    reason: {
      challenge: 'verlangt wird der Nachweis, dass ein Mensch im Browser anfragt',
      sign_in: 'verlangt wird eine eigene Anmeldung, bevor jemand durchkommt',
      forbidden: 'abgewiesen wird, was von hier kommt',
      legal: 'abgewiesen wird aus rechtlichen Gründen',
      detour: 'Anfragen werden auf eine andere Seite desselben Servers umgeleitet',
      maintenance: 'der Server meldet, dass er gewartet wird',
      own_fault: 'der Server meldet selbst, dass bei ihm etwas nicht stimmt',
      page: 'die Antwort ist eine Webseite',
      another_form: 'die Antwort hat eine andere Form',
      redirect: 'Anfragen werden umgeleitet; gemeint ist wahrscheinlich {target}',
      redirect_unnamed: 'Anfragen werden auf eine andere Adresse umgeleitet',
      no_such_name: 'diesen Namen gibt es nicht',
      name_not_found_out: 'die Nameserver haben zu diesem Namen nichts geantwortet',
      nobody_listens: 'unter dieser Adresse und diesem Port nimmt niemand Verbindungen an',
      cut_off: 'die Verbindung wurde abgebrochen',
      no_answer_in_time: 'es kam nicht rechtzeitig eine Antwort',
      no_way: 'von dieser Maschine führt kein Weg dorthin',
      unreadable: 'die Antwort ist zu lang oder nicht zu lesen',
      untrusted_certificate: 'das Zertifikat stammt von keiner Stelle, der diese Maschine vertraut',
      expired_certificate: 'das Zertifikat ist abgelaufen oder noch nicht gültig',
      certificate_of_another_name: 'das Zertifikat gilt für einen anderen Namen',
      no_safe_connection: 'eine sichere Verbindung kam nicht zustande',
      not_https: 'das ist keine https-Adresse',
      port: 'die Adresse nennt einen anderen Port als 443',
      inside_name: 'der Name gehört in ein inneres Netz',
      address: 'die Adresse ist {address}',
      resolved_to: 'die Adresse, mit der der Nameserver dieser Maschine dafür antwortet, ist {address}',
    },
    address: {
      loopback: 'eine dieser Maschine selbst (127.… oder ::1)',
      private: 'eine private (10.…, 172.16.… bis 172.31.…, 192.168.… oder fc00::/7)',
      shared: 'eine aus dem Netz eines Anbieters (100.64.…)',
      link_local: 'eine des eigenen Netzabschnitts (169.254.… oder fe80::)',
      unspecified: 'gar keine richtige (0.0.0.0 oder ::)',
      reserved: 'eine, die kein öffentlicher Server hat (198.18.… oder ein anderer reservierter Bereich)',
      special: 'eine aus einem besonderen Bereich',
    },
    setting: {
      saved:
        'In den Einstellungen steht {serviceUrl} als Service-URL: Berichtigen Sie sie dort, oder leeren Sie das Feld; dann gilt {unsaved}.',
      saved_alone: 'In den Einstellungen steht {serviceUrl} als Service-URL: Berichtigen Sie sie dort.',
      env: 'Die Adresse kommt aus BLUESKY_SERVICE_URL in der Umgebung: Berichtigen Sie sie dort und starten Sie neu, oder speichern Sie in den Einstellungen eine Service-URL; die geht vor.',
      default:
        'Es ist keine Service-URL eingestellt, deshalb gehen Anmeldungen an {serviceUrl}: Speichern Sie eine in den Einstellungen, wenn Ihre Konten anderswo sind.',
      other: 'Service-URL ist jetzt {serviceUrl}, nicht diese Adresse.',
    },
  },
  check_failing: {
    title: 'Das Konto ließ sich tagelang nicht prüfen',
    cause:
      '{server} hat seit Tagen keine Prüfung dieses Kontos zugelassen. Vielleicht ist der Server endgültig abgeschaltet oder das Konto umgezogen.',
    fix: 'Sehen Sie nach, ob das Konto bei Ihnen funktioniert. Es wird jeden Tag erneut geprüft und verbindet sich von selbst, sobald das gelingt; ist es umgezogen, verbinden Sie neu.',
  },
  integration_disabled: {
    title: 'Bluesky-Verbindungen sind angehalten',
    cause: 'Der Administrator hat Verbindungen zu Bluesky angehalten.',
    fix: 'Nichts zu tun: Diese Verbindung geht von selbst weiter, sobald sie wieder eingeschaltet sind.',
    adminFix: 'Status auf „Eingeschaltet“ stellen. Wartende Verbindungen gehen dann von selbst weiter.',
  },
  identifier_malformed: {
    title: 'Das ist kein Bluesky-Handle',
    cause: 'Ein Handle hat mindestens zwei Teile mit einem Punkt dazwischen, etwa name.bsky.social.',
    fix: 'Geben Sie nur das ganze Handle ein, zum Beispiel name.bsky.social.',
  },
  password_not_app_format: {
    title: 'Das ist kein App-Passwort',
    cause:
      'Ein App-Passwort sieht aus wie abcd-efgh-ijkl-mnop. Die Eingabe sieht anders aus; sie ging an keinen Server.',
    fix: 'Legen Sie ein App-Passwort an und fügen Sie es hier ein. Verwenden Sie nie das Hauptpasswort.',
  },
  secret_unreadable: {
    title: 'Was wir von diesem Konto aufbewahren, lässt sich nicht öffnen',
    cause:
      'Das aufbewahrte App-Passwort oder die Sitzung lässt sich nicht mehr öffnen. Es wurde nirgendwohin gesendet.',
    fix: 'Verbinden Sie neu, mit demselben App-Passwort oder mit einem neuen.',
    adminFix:
      'Gesendet wurde nichts. Prüfen Sie, ob UNSEALING_KEYS noch jeden Schlüssel enthält, der in Gebrauch war; wenn ja, wurde der gespeicherte Wert verändert, und der Benutzer muss neu verbinden.',
  },
  test_post_left: {
    title: 'Unser Probeeintrag steht noch da',
    cause:
      '{server} hat unseren Probeeintrag „Connection test“ veröffentlicht, statt ihn abzulehnen, und ließ ihn nicht wieder entfernen.',
    fix: 'Öffnen Sie die Bluesky-App und löschen Sie den Beitrag „Connection test“. Sobald er weg ist, kann dieses Konto verbunden werden.',
  },
  write_rate_limited: {
    title: 'Die Grenze für Beiträge ist erreicht',
    cause: '{server} nimmt von diesem Konto vorerst nichts mehr an.',
    fix: 'Nichts zu tun: Es wird von selbst erneut versucht.',
  },
  waiting_for_rate_limit: {
    title: 'Wartet auf einen Platz',
    cause: '{server} nimmt in einer bestimmten Zeit nur so viele Anfragen an.',
    fix: 'Nichts zu tun: Es geht von selbst weiter.',
  },
  ip_rate_limited: {
    title: 'Der Server ist ausgelastet',
    cause: '{server} bekommt von hier zurzeit zu viele Anfragen.',
    fix: 'Nichts zu tun: In ein paar Minuten wird es erneut versucht.',
  },
  login_rate_limited: {
    title: 'Zu viele Anmeldungen',
    cause: '{server} nimmt für dieses Konto vorerst keine Anmeldung mehr an. Das Passwort kann stimmen.',
    fix: 'Nichts zu tun: Es wird von selbst erneut versucht.',
  },
  session_not_ended: {
    title: 'Die Sitzung ließ sich nicht beenden',
    cause:
      '{server} hat uns die Sitzung eines entfernten Kanals nicht beenden lassen. Hier ist nichts mehr von ihr, und dort läuft sie von selbst ab.',
    fix: 'Nichts zu tun. Wer sie sofort beenden will, löscht das App-Passwort.',
  },
  session_ended: {
    title: 'Die Sitzung ist beendet',
    cause: '{server} hat die Sitzung eines entfernten Kanals beendet oder kennt sie nicht mehr.',
    fix: 'Nichts zu tun.',
  },
  account_server_blocked: {
    title: 'Der Server des Kontos ist nicht öffentlich erreichbar',
    cause:
      'Dieses Konto nennt {server} als seinen Server, und diese Adresse darf von hier aus nicht aufgerufen werden.',
    fix: 'Fragen Sie den Betreiber des Servers: Er braucht eine öffentliche https-Adresse.',
    adminFix:
      'Zu {server}: {reason}. Der Server steht im öffentlichen Eintrag des Kontos, nicht in Ihren Einstellungen. Aufgerufen werden nur öffentliche https-Adressen auf Port 443. Ein Server im eigenen Netz muss in ALLOW_PRIVATE_NETWORK stehen.',
  },
  pds_address_blocked: {
    title: 'Der Server ist nicht öffentlich erreichbar',
    cause: 'Die Adresse von {server} darf von hier aus nicht aufgerufen werden.',
    fix: 'Der Administrator muss die Serveradresse prüfen.',
    adminFix:
      'Zu {server}: {reason}. {setting} Aufgerufen werden nur öffentliche https-Adressen auf Port 443. Ein Server im eigenen Netz muss in ALLOW_PRIVATE_NETWORK stehen. Ist der Server ein öffentlicher, antwortet der Nameserver dieser Maschine, ein Filter oder ein VPN für öffentliche Namen mit eigenen Adressen: Verwenden Sie einen anderen Nameserver, oder tragen Sie diesen Bereich in ALLOW_PRIVATE_NETWORK ein.',
  },
  account_server_protected: {
    title: 'Etwas vor dem Server des Kontos lässt uns nicht durch',
    cause:
      'Etwas vor {server}, dem Server, den dieses Konto nennt, weist ab, was von hier kommt. Am Konto und am Passwort liegt es nicht.',
    fix: 'Nichts zu tun: Es wird von selbst erneut versucht. Wenn es so bleibt, sagen Sie es dem Betreiber des Servers.',
    adminFix:
      'Etwas vor {server}[, {product},] lässt uns nicht durch: {reason}. Die Adresse steht im öffentlichen Eintrag des Kontos, nicht in Ihren Einstellungen; nur der Betreiber des Servers kann diese Maschine durchlassen. Es wird von selbst erneut versucht.',
  },
  server_protected: {
    title: 'Etwas vor dem Server lässt uns nicht durch',
    cause: 'Etwas vor {server} weist ab, was von hier kommt. Am Konto und am Passwort liegt es nicht.',
    fix: 'Nichts zu tun: Es wird von selbst erneut versucht. Wenn es so bleibt, muss der Administrator dafür sorgen, dass wir durchgelassen werden.',
    adminFix:
      'Etwas vor {server}[, {product},] lässt uns nicht durch: {reason}. Lassen Sie dort durch, was diese Maschine an /xrpc/ sendet; wartende Verbindungen gehen dann von selbst weiter. Hat kein Bluesky-Server diese Adresse, muss sie geändert werden. {setting}',
  },
  account_server_certificate: {
    title: 'Das Zertifikat des Servers des Kontos gilt nicht',
    cause:
      'Das Zertifikat von {server}, dem Server, den dieses Konto nennt, beweist nicht, dass er es ist. Es wurde nichts dorthin gesendet.',
    fix: 'Nichts zu tun: Es wird von selbst erneut versucht. Wenn es so bleibt, sagen Sie es dem Betreiber des Servers.',
    adminFix:
      'Zu {server}: {reason}. Die Adresse steht im öffentlichen Eintrag des Kontos, nicht in Ihren Einstellungen; nur der Betreiber des Servers kann das richten. Es wird von selbst erneut versucht.',
  },
  server_certificate: {
    title: 'Das Zertifikat des Servers gilt nicht',
    cause: 'Das Zertifikat von {server} beweist nicht, dass er es ist. Es wurde nichts dorthin gesendet.',
    fix: 'Nichts zu tun: Es wird von selbst erneut versucht. Wenn es so bleibt, muss der Administrator nach dem Zertifikat oder der Serveradresse sehen.',
    adminFix:
      'Zu {server}: {reason}. Ist das Zertifikat dort in Ordnung gebracht, gehen wartende Verbindungen von selbst weiter. Für eine eigene Zertifizierungsstelle starten Sie die Worker mit NODE_EXTRA_CA_CERTS. Ist die Adresse falsch, muss sie geändert werden. {setting}',
  },
  account_server_not_a_pds: {
    title: 'Der Server des Kontos ist kein Bluesky-Server',
    cause: 'Dieses Konto nennt {server} als seinen Server, und der antwortet nicht wie ein Bluesky-Server.',
    fix: 'Fragen Sie den Betreiber des Servers, und verbinden Sie danach neu.',
    adminFix:
      'Zu {server}: {reason}. Die Adresse steht im öffentlichen Eintrag des Kontos, nicht in Ihren Einstellungen.',
  },
  not_a_pds: {
    title: 'Das ist kein Bluesky-Server',
    cause: '{server} antwortet, aber nicht wie ein Bluesky-Server.',
    fix: 'Der Administrator muss die Serveradresse prüfen.',
    adminFix: '{server} antwortet nicht wie ein AT-Protocol-Server: {reason}. {setting}',
  },
  pds_unreachable: {
    title: 'Der Server antwortet nicht',
    cause: '{server} war nicht zu erreichen.',
    fix: 'Nichts zu tun: Es wird von selbst erneut versucht. Wenn es so bleibt, fragen Sie den Betreiber des Servers.',
    adminFix:
      'Zu {server}: {reason}. Nichts zu tun, wenn der Server nur eine Zeit lang ausfällt. Ist die Adresse falsch, muss sie geändert werden. {setting}',
  },
  pds_error: {
    title: 'Der Server hat eine Störung',
    cause: '{server} hat einen eigenen Fehler gemeldet. Am Passwort liegt es nicht.',
    fix: 'Nichts zu tun: Es wird von selbst erneut versucht.',
    adminFix:
      'Zu {server}: {reason}. Nichts zu tun, wenn es vergeht; wenn nicht, sagen Sie es dem Betreiber des Servers.',
  },
  account_moved: {
    title: 'Das Konto ist auf einen anderen Server umgezogen',
    cause: 'Dieses Konto ist jetzt bei {actualServer}. App-Passwörter ziehen nicht mit um.',
    fix: 'Legen Sie[ bei {actualServer}] ein App-Passwort an und verbinden Sie damit neu. Dürfen Anmeldungen nur an {server} gehen, wartet die Verbindung danach, bis der Administrator sie dorthin gehen lässt.',
    adminFix:
      'Das Konto ist von {server} nach {actualServer} umgezogen. Zuerst muss sein Besitzer mit einem App-Passwort von {actualServer} neu verbinden. Steht „Konten auf anderen Servern“ auf „Folgen“, ist das alles; bei „Ablehnen“ wartet die Verbindung danach auf Sie.',
  },
  account_taken_down: {
    title: 'Das Konto ist gesperrt',
    cause: 'Der Server hat dieses Konto gesperrt. Bis das aufgehoben ist, gelten App-Passwörter nicht.',
    fix: 'Melden Sie sich in der Bluesky-App an und lesen Sie dort den Hinweis: Er sagt, wie Sie Einspruch einlegen. Verbinden Sie neu, wenn das Konto wieder da ist.',
  },
  account_suspended: {
    title: 'Das Konto ist vorübergehend gesperrt',
    cause: 'Der Server hat dieses Konto auf Zeit gesperrt. Bis das aufgehoben ist, gelten App-Passwörter nicht.',
    fix: 'Melden Sie sich in der Bluesky-App an und lesen Sie dort den Hinweis. Verbinden Sie neu, wenn die Sperre vorbei ist.',
  },
  account_deactivated: {
    title: 'Das Konto ist stillgelegt',
    cause: 'Das Konto ist ausgeschaltet; das kann der Inhaber jederzeit tun.',
    fix: 'Melden Sie sich in der Bluesky-App mit dem Hauptpasswort an, um es einzuschalten, und verbinden Sie dann neu. Wird das abgelehnt, legen Sie ein neues App-Passwort an.',
  },
  account_unverified: {
    title: 'Das Konto ist noch nicht bestätigt',
    cause: '{server} verlangt, dass E-Mail-Adresse oder Kontakt dieses Kontos zuerst bestätigt werden.',
    fix: 'Bestätigen Sie das auf Ihrem Server, und verbinden Sie dann neu.',
  },
  account_deleted: {
    title: 'Das Konto gibt es nicht mehr',
    cause: '{server} hatte dieses Konto und hat es nicht mehr.',
    fix: 'Haben Sie es gelöscht, entfernen Sie diesen Kanal. Wenn nicht, fragen Sie den Betreiber des Servers.',
  },
  account_not_here: {
    title: 'Dieses Konto gibt es auf dem Server nicht',
    cause: '{server} hat dieses Konto nicht (mehr).',
    fix: 'Prüfen Sie in der Bluesky-App, ob es das Konto noch gibt, und verbinden Sie dann neu.',
  },
  signup_pending: {
    title: 'Das Konto wartet auf Freischaltung',
    cause: 'Der Server reiht neue Konten in eine Warteschlange ein; dieses ist darin.',
    fix: 'Nichts zu tun: Es wird jede Stunde erneut versucht.',
  },
  session_expired: {
    title: 'Die Sitzung ist abgelaufen',
    cause: '{server} hält eine Sitzung nur eine begrenzte Zeit offen. Gegen das Passwort sagt das nichts.',
    fix: 'Verbinden Sie neu, mit demselben Passwort wie zuvor: Es sollte noch gelten.',
  },
  session_revoked: {
    title: 'Das App-Passwort wurde gelöscht oder die Sitzung beendet',
    cause:
      '{server} erneuert die Sitzung nicht mehr: Das App-Passwort wurde gelöscht, das Hauptpasswort geändert oder die Sitzung anderswo beendet. Was davon, sagt der Server nicht.',
    fix: 'Verbinden Sie neu: mit einem neuen App-Passwort, falls dieses gelöscht wurde, sonst mit demselben.',
  },
  two_factor_required: {
    title: 'Der Server verlangt einen zweiten Faktor',
    cause:
      'Der Server hat noch einen Code verlangt, wie er es beim Hauptpasswort tut. Bei App-Passwörtern ist keiner nötig.',
    fix: 'Kam der Code per E-Mail, beachten Sie ihn nicht. Legen Sie ein App-Passwort an und verwenden Sie dieses.',
  },
  main_password_used: {
    title: 'Das war das Hauptpasswort',
    cause: 'Der Server hat es angenommen, aber es öffnet das ganze Konto. Es wurde nicht behalten.',
    fix: 'Legen Sie ein App-Passwort an und verbinden Sie mit diesem.',
  },
  scope_missing: {
    title: 'Das App-Passwort darf nichts veröffentlichen',
    cause: 'Der Server lässt mit diesem App-Passwort Beiträge nicht schreiben und entfernen.',
    fix: 'Legen Sie ein neues App-Passwort an und verbinden Sie neu. Bei Bluesky selbst darf jedes App-Passwort veröffentlichen; auf einem Server, wo man wählt, was es darf, etwa Tranquil, erlauben Sie ihm, Beiträge zu schreiben und zu löschen.',
  },
  wrong_account: {
    title: 'Das sind die Zugangsdaten eines anderen Kontos',
    cause: 'Die Anmeldung hat geklappt, aber für ein anderes Konto[: {seenHandle}, nicht {identifier}].',
    fix: 'Geben Sie das App-Passwort des genannten Kontos ein[, oder verbinden Sie {seenHandle} als eigenen Kanal].',
  },
  token_rejected: {
    title: 'Der Server nimmt seine eigene Sitzung nicht an',
    cause: '{server} hat die Anmeldung angenommen und dann die eigene Sitzung abgelehnt.',
    fix: 'Verbinden Sie neu. Geschieht es wieder, sagen Sie es dem Betreiber des Servers.',
  },
  wrong_server: {
    title: 'Das Konto ist auf einem anderen Server',
    cause: 'Anmeldungen gingen an {server}, aber dieses Konto ist bei {actualServer}.',
    fix: 'Das Passwort wurde nicht geprüft, und vorerst bekommt es kein anderer Server. Es wird von selbst erneut versucht, sobald der Administrator Anmeldungen an {actualServer} gehen lässt.',
    adminFix:
      'Anmeldungen gingen an {server}; dieses Konto ist bei {actualServer}. Es gibt zwei Auswege, und jeder lässt die Verbindungen neu laufen, denen er hilft: „Konten auf anderen Servern“ auf „Folgen“ stellen, dann meldet sich jedes Konto auf seinem Server an; oder, wenn Ihre Benutzer bei {actualServer} sind, diesen Server zur Service-URL machen. Die meisten sind auf dem öffentlichen Server, bsky.social.',
  },
  did_unresolvable: {
    title: 'Niemand weiß, wo das Konto ist',
    cause: 'Zu {identifier} gibt es keinen öffentlichen Eintrag, oder er nennt keinen Server.',
    fix: 'Bitten Sie den Anbieter des Kontos, den öffentlichen Eintrag zu berichtigen. Er wird jede Stunde erneut nachgeschlagen; prüfen Sie erneut, wenn Sie wissen, dass es geschehen ist.',
  },
  handle_mismatch: {
    title: 'Das Konto hat ein anderes Handle',
    cause: 'Das Handle {identifier} führt zu einem Konto, das ein anderes verwendet[: {currentHandle}].',
    fix: 'Ist das Ihr Konto, verbinden Sie es mit dem Handle, das es jetzt hat. Ist es das nicht, lassen Sie {identifier} dort auf Ihr Konto zeigen, wo Ihre Domain verwaltet wird.',
  },
  handle_not_found: {
    title: 'Kein Konto hat dieses Handle',
    cause: 'Das Handle {identifier} führt zu keinem Konto.',
    fix: 'Prüfen Sie die Schreibweise. Stimmt sie, öffnen Sie die Bluesky-App: Das Konto kann stillgelegt oder gesperrt sein.',
  },
  app_passwords_unsupported: {
    title: 'Der Server kennt keine App-Passwörter',
    cause: 'Auf {server} läuft ein Programm ohne App-Passwörter.',
    fix: 'Dieses Konto kann nicht mit einem App-Passwort verbunden werden. Fragen Sie den Betreiber des Servers.',
  },
  identifier_is_email: {
    title: 'Bitte mit dem Handle verbinden',
    cause:
      '{server} hat die Anmeldung abgelehnt. Mit einer E-Mail-Adresse lässt sich nicht herausfinden, warum: Das App-Passwort kann falsch sein, oder das Konto liegt auf einem anderen Server.',
    fix: 'Geben Sie das Handle des Kontos ein, zum Beispiel name.bsky.social, mit seinem App-Passwort.',
  },
  identity_lookup_unavailable: {
    title: 'Das Konto muss noch einmal nachgeschlagen werden',
    cause:
      '{server} hat die Anmeldung abgelehnt, und was den Grund verrät, muss noch einmal nachgeschlagen werden: der öffentliche Eintrag des Kontos mit dem Server, auf dem es ist.',
    fix: 'Vorerst nichts zu tun: Das geschieht von selbst. Wenn Sie wissen, dass das App-Passwort falsch ist, verbinden Sie neu.',
  },
  bad_credentials: {
    title: 'Handle und App-Passwort passen nicht zusammen',
    cause:
      '{server} hat die Anmeldung abgelehnt: Das App-Passwort ist falsch, wurde gelöscht oder gehört zu einem anderen Konto.',
    fix: 'Legen Sie ein neues App-Passwort dieses Kontos an und verbinden Sie neu. Ist {identifier} nicht Ihr Konto, entfernen Sie es hier und verbinden Sie das richtige.',
  },
  record_rejected: {
    title: 'Unser Probeeintrag wurde abgelehnt',
    cause:
      '{server} nimmt den Eintrag nicht an, mit dem wir prüfen, ob das Veröffentlichen klappt. Am App-Passwort liegt es nicht.',
    fix: 'Versuchen Sie es später noch einmal. Bleibt es so, nennen Sie dem Administrator dieses Kennzeichen: {reference}.',
  },
  test_post_published: {
    title: 'Verbunden, mit einem kurz sichtbaren Probeeintrag',
    cause: '{server} kann nicht prüfen, ohne zu schreiben: Ein Probeeintrag wurde angelegt und sofort wieder entfernt.',
    fix: 'Nichts zu tun.',
  },
  hidden_on_bluesky: {
    title: 'Verbunden, aber bei Bluesky ausgeblendet',
    cause: 'Der Server nimmt Beiträge an, aber Bluesky zeigt dieses Konto nicht.',
    fix: 'Melden Sie sich in der Bluesky-App an: Steht dort ein Hinweis, sagt er, wie Sie Einspruch einlegen.',
  },
  not_on_bluesky_yet: {
    title: 'Verbunden, aber noch nicht bei Bluesky',
    cause:
      'Der Server nimmt Beiträge an, aber Bluesky kennt dieses Konto noch nicht. Ein neues Konto lernt es von selbst kennen, meist mit dem ersten Beitrag.',
    fix: 'Vorerst nichts zu tun. Erscheinen Beiträge nicht bei Bluesky, fragen Sie den Betreiber des Servers, ob Bluesky davon erfährt.',
  },
  app_password_has_dm_access: {
    title: 'Verbunden, aber das App-Passwort darf mehr als nötig',
    cause: 'Das App-Passwort darf auch Direktnachrichten lesen; das wird hier nicht gebraucht.',
    fix: 'Wer sichergehen will, legt ein App-Passwort ohne Zugriff auf Direktnachrichten an und verbindet neu.',
  },
  password_kind_unknown: {
    title: 'Verbunden',
    cause:
      'Angemeldet und schreibberechtigt. Bei {server} ist nicht zu erkennen, ob das ein App-Passwort war oder das Hauptpasswort.',
    fix: 'Nichts zu tun, wenn es ein App-Passwort war.',
  },
  test_post_unsupported: {
    title: 'Verbunden',
    cause: 'Angemeldet und schreibberechtigt. Die letzte Prüfung ist auf dieser Art von Server nicht möglich.',
    fix: 'Nichts zu tun.',
  },
  connected: {
    title: 'Verbunden',
    cause: 'Angemeldet und zum Veröffentlichen berechtigt. Es wurde nichts veröffentlicht.',
    fix: 'Nichts zu tun.',
  },
  signed_in: {
    title: 'Angemeldet',
    cause: '{server} hat das App-Passwort angenommen.',
    fix: 'Nichts zu tun.',
  },
  unknown: {
    title: 'Etwas Unerwartetes ist geschehen',
    cause: '{server} hat etwas geantwortet, das wir nicht kennen, oder die Arbeit daran brach ab.',
    fix: 'Versuchen Sie es später erneut. Bleibt es so, nennen Sie dem Administrator dieses Kennzeichen: {reference}.',
  },
}

export const deFindings: Record<Finding, FindingWords> = {
  answers: {
    title: 'Er antwortet und ist ein Bluesky-Server',
    text: ({ domains }) =>
      domains ? `Handles, die er vergibt, enden auf ${domains}.` : 'Welche Handles er vergibt, sagt er nicht.',
  },
  behind_entryway: {
    title: 'Er ist einer von vielen Servern hinter einem anderen',
    text: ({ host, suggestion }) =>
      `${host} verwaltet zwar Konten, aber angemeldet wird bei ${suggestion}, auch für alle Nachbarn. Verwenden Sie diese Adresse.`,
  },
  web_page: {
    title: 'Das ist die Webseite',
    text: ({ host, suggestion }) =>
      `${host} öffnet man im Browser; verbinden kann sich dort niemand. Verwenden Sie ${suggestion}.`,
  },
  other_service: {
    title: 'Das ist ein anderer Dienst von Bluesky',
    text: ({ host, suggestion }) =>
      `${host} hat keine Konten, deshalb kann sich dort niemand verbinden. Verwenden Sie ${suggestion}.`,
  },
  redirects: {
    title: 'Er leitet an eine andere Adresse weiter',
    text: ({ host, target }) =>
      `${host} leitet weiter an ${target}. App-Passwörter werden nie weitergeleitet: Tragen Sie die Adresse des Servers selbst ein.`,
  },
  not_a_server: {
    title: 'Er antwortet, aber nicht wie ein Bluesky-Server',
    text: ({ host, detail }) =>
      `Unter ${host} steht etwas anderes (${detail}). Prüfen Sie die Adresse; stimmt sie, muss der Betreiber nachsehen, was vor dem Server steht.`,
  },
  wall: {
    title: 'Ein Schutz vor dem Server weist diese Maschine ab',
    text: ({ host, detail }) =>
      `${host} hat mit ${detail} geantwortet. Der Betreiber muss diese Maschine zu den Pfaden unter /xrpc/ durchlassen.`,
  },
  limited: {
    title: 'Er nimmt von dieser Maschine vorerst nichts mehr an',
    text: ({ host, detail }) => `${host} hat mit ${detail} geantwortet. Das geht von selbst vorbei.`,
  },
  broken: {
    title: 'Er meldet einen eigenen Fehler',
    text: ({ host, detail }) =>
      `${host} hat mit ${detail} geantwortet. Die Ursache findet der Betreiber in seinem Log; Verbindungen werden von selbst erneut versucht.`,
  },
  unknown_host: {
    title: 'Diesen Host gibt es nicht',
    text: ({ host }) =>
      `Kein Nameserver kennt ${host}. Prüfen Sie die Schreibweise und, wenn es Ihr Server ist, den DNS-Eintrag.`,
  },
  names_fail: {
    title: 'Sein Name lässt sich nicht nachschlagen',
    text: ({ host }) =>
      `Die Nameserver geben zu ${host} keine Auskunft. Entweder sind seine gestört, oder diese Maschine erreicht ihre eigenen nicht.`,
  },
  closed_port: {
    title: 'Dort nimmt nichts Verbindungen an',
    text: ({ host }) =>
      `Die Maschine unter ${host} lehnt die Verbindung ab. Prüfen Sie den Port; stimmt er, läuft der Server nicht, oder eine Firewall steht davor.`,
  },
  silent: {
    title: 'Er antwortet nicht',
    text: ({ host }) =>
      `${host} blieb stumm. Der Server kann ausgefallen sein, oder eine Firewall lässt von dieser Maschine nichts durch.`,
  },
  cut_off: {
    title: 'Die Verbindung zu ihm bricht ab',
    text: ({ host, detail }) => `${host} war zu erreichen, gab aber keine vollständige Antwort (${detail}).`,
  },
  certificate_untrusted: {
    title: 'Seinem Zertifikat wird nicht vertraut',
    text: ({ host }) =>
      `Wer das Zertifikat von ${host} ausgestellt hat, ist hier unbekannt, oder der Server schickt das Zwischenzertifikat nicht mit.`,
  },
  certificate_expired: {
    title: 'Sein Zertifikat ist nicht gültig',
    text: ({ host }) =>
      `Das Zertifikat von ${host} gilt heute nicht. Der Betreiber muss es erneuern; ist das geschehen, prüfen Sie die Uhr dieser Maschine.`,
  },
  certificate_name: {
    title: 'Sein Zertifikat gilt für einen anderen Namen',
    text: ({ host }) =>
      `Das Zertifikat, das ${host} zeigt, enthält diesen Namen nicht. Verwenden Sie den Namen, der darin steht, oder lassen Sie es für diesen ausstellen.`,
  },
  no_tls: {
    title: 'Es kommt keine sichere Verbindung zustande',
    text: ({ host, detail }) => `${host} spricht auf diesem Port kein TLS ab Version 1.2 (${detail}).`,
  },
  not_allowed: {
    title: 'Dieses Programm darf ihn nicht aufrufen',
    text: ({ host }) =>
      `${host} wird nicht aufgerufen: Erlaubt sind nur https-Adressen im öffentlichen Netz. Einen Server im eigenen Netz nennen Sie in ALLOW_PRIVATE_NETWORK.`,
  },
  port_not_allowed: {
    title: 'Dieses Programm ruft diesen Port nicht auf',
    text: ({ host }) =>
      `${host} wird nicht aufgerufen: Von öffentlichen Adressen ist nur Port 443 erlaubt. Lassen Sie den Port weg, oder nennen Sie einen Server im eigenen Netz mit seinem Port in ALLOW_PRIVATE_NETWORK.`,
  },
}
