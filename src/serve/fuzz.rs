//! Any bytes → nothing: the entry for fuzzing of forms.

/// A form whose boundary is the first line.
pub fn multipart(data: &[u8]) {
    let end = data.iter().position(|octet| *octet == b'\n').unwrap_or(0);
    let (head, body) = data.split_at(end);
    let body = body.get(1..).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let stated = format!("multipart/form-data; boundary={head}");
    let boundary = super::multipart::boundary(&stated).unwrap_or_else(|| "b".to_owned());
    if let Ok((name, content)) = super::multipart::file(body, &boundary) {
        assert!(!name.contains(['/', '\\', '\n', '\0']));
        // In place unless it is empty, and without what would end it.
        let inside = body.as_ptr_range();
        assert!(content.is_empty() || inside.contains(&content.as_ptr()));
        assert!(content.len() <= body.len());
        let delimiter = format!("\r\n--{boundary}");
        assert!(memchr::memmem::find(content, delimiter.as_bytes()).is_none());
    }
}
